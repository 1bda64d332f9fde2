import type { ClientCapabilities, LogLevel } from "../core/client.ts";
import type { Reason } from "../core/decision.ts";
import type { DecisionId } from "../core/ids.ts";
import type { VerifiedToken } from "../core/principal.ts";
import type { Question, QuestionAnswer } from "../core/question.ts";
import type { Result } from "../core/result.ts";
import type { Era } from "../core/tool.ts";
import type { LogMessage, ParamHeader, Progress } from "../parts/upstream/index.ts";

/** What the doors may ask for. No step behind it knows HTTP; eras matter only as facts of the exchange. */
export interface Gateway {
  /** Verifies the `Authorization` header, before the body is read, and finds the registered agent. A refusal is recorded. */
  authenticate(authorization: string | undefined, network: Network): Promise<Result<Caller, AuthenticationRefused>>;
  /** Judges whether the principal may connect (`admit`): at initialize and server/discover. */
  admit(exchange: Exchange): Promise<Result<void, Refused>>;
  /** What this door has, whoever asks: told at initialize and server/discover. */
  offers(exchange: Exchange): DoorOffers;
  /** Whether this door's server passes this method, as one of an extension's; whoever asks. The aggregate passes none. */
  passes(exchange: Exchange, method: string): boolean;
  /** What of one kind this caller may use with some argument, at this instant, through this door. */
  list(exchange: Exchange, kind: ListKind): Promise<Result<OfferedList, Refused>>;
  /** One request that reaches a server: resolved, judged, recorded, carried out, inspected. */
  request(exchange: Exchange, request: GatewayRequest): Promise<Answer>;
  /** Judges whether this caller may hear when a resource changes; `request` with `resources/subscribe` of the session era. */
  subscribe(exchange: Exchange, uri: string): Promise<Result<{ readonly uri: string }, Unsubscribed>>;
  /**
   * Hears of changes of a resource until the function given back is called. Each piece of news is judged on the generation
   * of its moment before the listener gets it; `onRefused` says that the caller may no longer hear of it.
   */
  watch(exchange: Exchange, uri: string, listener: () => void, onRefused: () => void): () => void;
  /** Records a message of an authenticated caller that was refused before it could be judged; many alike are counted in one record. */
  refuseMessage(
    caller: Caller | undefined,
    network: Network,
    refusal: { readonly code: string; readonly method?: string; readonly detail: string },
  ): Promise<DecisionId>;
  /** Whether a server of that id may be known to this caller; unknown and forbidden ids look alike. */
  mayEnter(caller: Caller, serverId: string): Promise<boolean>;
  /** Fires when what `list` answers may have changed, with the kinds that may have. */
  onListChanged(listener: (kinds: ReadonlySet<ListKind>) => void): () => void;
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
  /** What the client declared: in its session, or with this request. */
  readonly capabilities: ClientCapabilities;
  readonly session?: { readonly id: string; readonly openedAt: number };
  /** What the agent claims in `_meta` (`toolgate/request`); may only tighten. */
  readonly request?: { readonly intent?: string; readonly confidence?: number; readonly task?: string; readonly dryRun?: boolean };
  /** W3C trace context of this request. */
  readonly traceparent?: string;
}

export type ListKind = "tools" | "prompts" | "resources" | "templates";

/** What a door declares. Everything is filtered again for each caller. */
export interface DoorOffers {
  readonly prompts: boolean;
  readonly resources: boolean;
  readonly completions: boolean;
  readonly logging: boolean;
  /** Extensions by id with the server's settings; none on the aggregate but those that the gateway routes itself. */
  readonly extensions: Readonly<Record<string, unknown>>;
}

export interface OfferedList {
  /** JSON text of each definition as this door shows it, serialised once. */
  readonly items: readonly string[];
  /** Changes when the list changes; cursors carry it. */
  readonly revision: string;
}

/** What a client asks for, with names, URIs and ids as this door shows them. */
export type Asked =
  | { readonly method: "tools/call"; readonly name: string; readonly args: Members | undefined }
  | { readonly method: "prompts/get"; readonly name: string; readonly args: Readonly<Record<string, string>> | undefined }
  | { readonly method: "resources/read"; readonly uri: string }
  | {
      readonly method: "completion/complete";
      readonly ref: { readonly type: "ref/prompt"; readonly name: string } | { readonly type: "ref/resource"; readonly uri: string };
      readonly argument: { readonly name: string; readonly value: string };
      /** Arguments that are settled already. */
      readonly context?: Readonly<Record<string, string>>;
    }
  | { readonly method: "tasks/get" | "tasks/cancel"; readonly taskId: string }
  | { readonly method: "tasks/update"; readonly taskId: string; readonly inputResponses: Members }
  /** A request of an extension of the protocol: `name` is its method, `args` its parameters without `_meta`. */
  | { readonly method: "extension"; readonly name: string; readonly args: Members };

type Members = Readonly<Record<string, unknown>>;

export interface GatewayRequest {
  readonly asked: Asked;
  readonly signal: AbortSignal;
  /**
   * Asks the client while its request is under way (session era). It is called with questions that policy allowed and the
   * client declared that it can answer. Absent in the stateless era, where questions become the answer.
   */
  readonly ask?: (question: Question) => Promise<QuestionAnswer>;
  /** A client of a session that was sent to an address hears that what it was to do there is done; may be called long after the answer. */
  readonly onElicitationDone?: (elicitationId: string) => void;
  /** What a client of the stateless era brings back with its request. */
  readonly resumed?: { readonly inputResponses?: Members; readonly requestState?: string };
  /**
   * Compares what the caller's message repeats of its arguments (`x-mcp-header` in the pinned schema) with the arguments.
   * Returns what differs, without any value. The answer tells it only to callers that may know the tool.
   */
  readonly repeats?: (declared: readonly ParamHeader[]) => string | undefined;
  readonly onProgress?: (progress: Progress) => void;
  /** Log messages of the server that belong to this request; absent when the client wants none. */
  readonly onLog?: (message: LogMessage) => void;
  readonly logLevel?: LogLevel;
}

export type Answer =
  /** JSON text of the result, in the server's words but for what the aggregate renames. `era` is the server's. */
  | { readonly kind: "result"; readonly text: string; readonly decisionId: DecisionId; readonly era: Era }
  /** Permitted but refused: for tools an `isError` result with reasons, else an error. */
  | ({ readonly kind: "refused" } & Refused)
  /** Looks exactly like a target that does not exist. */
  | { readonly kind: "unknown"; readonly decisionId: DecisionId }
  /** The message repeats its arguments and contradicts itself: -32020. */
  | { readonly kind: "contradicted"; readonly detail: string; readonly decisionId: DecisionId }
  /** What the client brought back with its request is not what it was given, or not for this request: -32602. */
  | { readonly kind: "invalid"; readonly detail: string; readonly decisionId: DecisionId }
  /** The client must be able to answer what the server wants to ask, and did not declare that: -32021 with these capabilities. */
  | { readonly kind: "incapable"; readonly required: Members; readonly decisionId: DecisionId }
  /** Stateless clients: JSON text of an InputRequiredResult, its state sealed. */
  | { readonly kind: "input_required"; readonly text: string; readonly decisionId: DecisionId }
  /** A JSON-RPC error that the server itself answered. */
  | {
      readonly kind: "error";
      readonly code: number;
      readonly message: string;
      readonly data?: unknown;
      readonly decisionId: DecisionId;
      readonly era: Era;
    }
  /** The caller cancelled: no answer is due. */
  | { readonly kind: "cancelled"; readonly decisionId: DecisionId };

export type Unsubscribed = Extract<Answer, { readonly kind: "refused" | "unknown" }>;

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
