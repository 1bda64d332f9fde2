import type { Reason } from "../core/decision.ts";
import type { DecisionId } from "../core/ids.ts";
import type { VerifiedToken } from "../core/principal.ts";
import type { Result } from "../core/result.ts";
import type { Era, ToolDefinition } from "../core/tool.ts";
import type { ParamHeader } from "../parts/upstream/index.ts";

/** What the doors may ask for. No step behind it knows HTTP; eras matter only as facts of the exchange. */
export interface Gateway {
  /** Verifies the `Authorization` header, before the body is read, and finds the registered agent. A refusal is recorded. */
  authenticate(authorization: string | undefined, network: Network): Promise<Result<Caller, AuthenticationRefused>>;
  /** Judges whether the principal may connect (`admit`): at initialize and server/discover. */
  admit(exchange: Exchange): Promise<Result<void, Refused>>;
  listTools(exchange: Exchange): Promise<Result<ToolList, Refused>>;
  callTool(exchange: Exchange, request: CallRequest): Promise<CallAnswer>;
  /** Records a message of an authenticated caller that was refused before it could be judged; many alike are counted in one record. */
  refuseMessage(
    caller: Caller | undefined,
    network: Network,
    refusal: { readonly code: string; readonly method?: string; readonly detail: string },
  ): Promise<DecisionId>;
  /** Whether a server of that id may be known to this caller; unknown and forbidden ids look alike. */
  mayEnter(caller: Caller, serverId: string): Promise<boolean>;
  /** Fires when what `listTools` answers may have changed. */
  onListChanged(listener: () => void): () => void;
  readiness(): Readiness;
}

export interface Network {
  readonly ip: string;
  readonly mtls: boolean;
}

/** A verified principal whose agent is registered. Opaque to the doors but for what is named here. */
export interface Caller {
  readonly token: VerifiedToken;
  readonly agentId: string;
  /** Tenant, issuer, subject and agent, joined unambiguously: what sessions are bound to. */
  readonly key: string;
}

/** One open exchange of a caller with a door. */
export interface Exchange {
  readonly caller: Caller;
  readonly network: Network;
  /** One server's door, or the aggregate when absent. */
  readonly serverId?: string;
  readonly era: Era;
  readonly protocolVersion: string;
  readonly client: { readonly name: string; readonly version: string };
  readonly session?: { readonly id: string; readonly openedAt: number };
  /** What the agent claims in `_meta` (`toolgate/request`); may only tighten. */
  readonly request?: { readonly intent?: string; readonly confidence?: number; readonly task?: string; readonly dryRun?: boolean };
  /** W3C trace context of this request. */
  readonly traceparent?: string;
}

export interface ToolList {
  readonly tools: readonly ListedTool[];
  /** Changes when the list changes; cursors carry it. */
  readonly revision: string;
}

export interface ListedTool {
  /** The name at this door. */
  readonly name: string;
  readonly definition: ToolDefinition;
  /** JSON text of the definition under its name at this door, serialised once. */
  readonly text: string;
}

export interface CallRequest {
  /** The tool's name as this door shows it. */
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>> | undefined;
  readonly signal: AbortSignal;
  /**
   * Compares what the caller's message repeats of its arguments (`x-mcp-header` in the pinned schema) with the arguments.
   * Returns what differs, without any value. The answer tells it only to callers that may know the tool.
   */
  readonly repeats?: (declared: readonly ParamHeader[]) => string | undefined;
  readonly onProgress?: (progress: { readonly progress: number; readonly total?: number; readonly message?: string }) => void;
}

export type CallAnswer =
  /** JSON text of the tool's result, in the server's words. */
  | { readonly kind: "result"; readonly text: string; readonly decisionId: DecisionId }
  /** Permitted but refused: an `isError` result with reasons. */
  | ({ readonly kind: "refused" } & Refused)
  /** Looks exactly like a tool that does not exist: -32602. */
  | { readonly kind: "unknown"; readonly decisionId: DecisionId }
  /** The message repeats its arguments and contradicts itself: -32020. */
  | { readonly kind: "contradicted"; readonly detail: string; readonly decisionId: DecisionId }
  /** A JSON-RPC error that the server itself answered. */
  | { readonly kind: "error"; readonly code: number; readonly message: string; readonly data?: unknown; readonly decisionId: DecisionId }
  /** The caller cancelled: no answer is due. */
  | { readonly kind: "cancelled"; readonly decisionId: DecisionId };

export interface Refused {
  readonly decisionId: DecisionId;
  readonly effect: "deny" | "ask";
  /** Sentence and remedy are filled in and safe to show. */
  readonly reasons: readonly (Reason & { readonly message: string })[];
  readonly retryAfterMs?: number;
}

export interface AuthenticationRefused {
  readonly decisionId: DecisionId;
  readonly code: string;
  readonly message: string;
  /** 401 for a token that cannot be used, 503 if the issuer could not be asked. */
  readonly retryable: boolean;
}

export interface Readiness {
  readonly ready: boolean;
  /** Each part with one word or sentence: bundle, log, budgets. */
  readonly parts: Readonly<Record<string, { readonly ok: boolean; readonly detail: string }>>;
}
