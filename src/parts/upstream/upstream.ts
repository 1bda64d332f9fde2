import type { Digest } from "../../core/digest.ts";
import type { Result } from "../../core/result.ts";
import type { ServerDefinition } from "../../core/server.ts";
import type { Era, ToolDefinition } from "../../core/tool.ts";

/** All servers the gateway may talk to. A server whose definition did not change keeps its connection over a bundle swap. */
export interface Upstream {
  /** The connection for this definition; made on first use, opened lazily, shared by everybody. */
  connect(server: ServerDefinition): ServerConnection;
  /** Closes, once idle, every connection whose definition is not in this list. Called after a bundle swap. */
  retain(servers: Iterable<ServerDefinition>): void;
  close(): Promise<void>;
}

export interface ServerConnection {
  readonly server: ServerDefinition;
  /** What the server offers now. Cached; read again after `refreshMs`, after list_changed and after a reconnect. */
  listing(): Promise<Result<Listing, UpstreamFailure>>;
  /** The cached listing if it is still to be believed, without waiting. Starts a refresh when it is due. */
  current(): Listing | undefined;
  /** One `tools/call`. Never throws for what a server or a network does. */
  call(call: UpstreamCall): Promise<Result<UpstreamReply, UpstreamFailure>>;
}

export interface Listing {
  readonly era: Era;
  readonly protocolVersion: string;
  readonly tools: ReadonlyMap<string, LiveTool>;
  /** Unix milliseconds. */
  readonly readAt: number;
}

export interface LiveTool {
  readonly definition: ToolDefinition;
  readonly pin: Digest;
}

export interface UpstreamCall {
  readonly tool: string;
  /** JSON text of the arguments exactly as policy saw them; it is spliced into the request unchanged. */
  readonly argsText: string | undefined;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Headers of the credential for this server; never logged. For stdio there are none. */
  readonly credential: Readonly<Record<string, string>>;
  readonly decisionId: string;
  /** Progress and log messages of this call, in order. When absent, no progress token is sent. */
  readonly onProgress?: (progress: Progress) => void;
  /** Called right before bytes may reach the server. */
  readonly onDispatch?: () => void;
}

export interface Progress {
  readonly progress: number;
  readonly total?: number;
  readonly message?: string;
}

export interface UpstreamReply {
  readonly era: Era;
  /** HTTP status, or 0 for stdio. */
  readonly status: number;
  /** Bytes of the answer's body. */
  readonly bytes: number;
  readonly outcome:
    | {
        readonly kind: "result";
        readonly result: Readonly<Record<string, unknown>> /** JSON text of `result` as to be forwarded. */;
        readonly text: string;
      }
    | { readonly kind: "error"; readonly error: { readonly code: number; readonly message: string; readonly data?: unknown } };
}

export interface UpstreamFailure {
  readonly code:
    | "upstream.unavailable"
    | "upstream.busy"
    | "upstream.circuit_open"
    | "upstream.timeout"
    | "upstream.cancelled"
    | "upstream.invalid_answer"
    | "upstream.ambiguous"
    | "upstream.too_large"
    | "upstream.unauthorized"
    | "upstream.wrong_place"
    | "upstream.no_credential";
  /** For operators and records; carries no secret. */
  readonly detail: string;
  /** Whether bytes may have reached the server, so that the call has to be charged. */
  readonly dispatched: boolean;
}

/** A request that came from a server. Always answered -32601; the gateway records it. */
export interface ServerRequest {
  readonly server: string;
  readonly method: string;
}
