import type { ClientCapabilities, LogLevel } from "../../core/client.ts";
import type { Digest } from "../../core/digest.ts";
import type { Question, QuestionAnswer } from "../../core/question.ts";
import type { Result } from "../../core/result.ts";
import type { ServerDefinition } from "../../core/server.ts";
import type { Era, PromptDefinition, ResourceDefinition, TemplateDefinition, ToolDefinition } from "../../core/tool.ts";

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
  /** One request of a client, carried out. Never throws for what a server or a network does. */
  call(call: UpstreamCall): Promise<Result<UpstreamReply, UpstreamFailure>>;
  /**
   * Hears when this resource changes, until the function given back is called. Watchers of one URI share one subscription
   * at the server, which is taken again whenever the server is opened again. Nothing happens if the server has no subscriptions.
   */
  watch(uri: string, onUpdated: () => void): () => void;
  /**
   * Hears once when a server with sessions says that this elicitation is done, on whichever of its streams, until the
   * function given back is called. The id is the server's.
   */
  followElicitation(id: string, onDone: () => void): () => void;
}

export interface Listing {
  readonly era: Era;
  readonly protocolVersion: string;
  readonly tools: ReadonlyMap<string, LiveTool>;
  readonly prompts: ReadonlyMap<string, { readonly definition: PromptDefinition; readonly pin: Digest }>;
  /** By the URI as the server writes it. Definitions are parsed; at most `list_max_tools` of each kind. */
  readonly resources: ReadonlyMap<string, ResourceDefinition>;
  readonly templates: ReadonlyMap<string, { readonly definition: TemplateDefinition; readonly pin: Digest }>;
  readonly offers: Offers;
  /** Unix milliseconds. */
  readonly readAt: number;
}

/** The lists of a server. */
export type ListKind = "tools" | "prompts" | "resources" | "templates";

export interface LiveTool {
  readonly definition: ToolDefinition;
  readonly pin: Digest;
}

/** What a server declared that it has, besides tools. */
export interface Offers {
  readonly completions: boolean;
  readonly logging: boolean;
  /** Whether it tells when a resource changes. */
  readonly subscriptions: boolean;
  /** Extensions that it declared and that its definition passes through, with their settings. */
  readonly extensions: Readonly<Record<string, unknown>>;
}

/** What is asked of the server. Texts are JSON exactly as policy saw them; they are spliced into the request unchanged. */
export type UpstreamAsk =
  | { readonly method: "tools/call"; readonly tool: string; readonly argsText: string | undefined }
  | {
      readonly method: "prompts/get" | "resources/read" | "completion/complete" | "tasks/get" | "tasks/update" | "tasks/cancel";
      /** Members of `params` without braces and without `_meta`. */
      readonly paramsText: string;
      /** The prompt's name, the URI or the task id, for the header `Mcp-Name` where the era has it for the method. */
      readonly name?: string;
    }
  /** A request of an extension: `name` is its method. */
  | { readonly method: "extension"; readonly name: string; readonly paramsText: string };

export interface UpstreamCall {
  readonly ask: UpstreamAsk;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Headers of the credential for this server; never logged. For stdio there are none. */
  readonly credential: Readonly<Record<string, string>>;
  readonly decisionId: string;
  readonly traceparent?: string;
  /**
   * What the client can be asked, declared to a stateless server as far as the server's definition lets it ask. A server
   * with sessions was told what its definition allows when it was opened.
   */
  readonly capabilities?: ClientCapabilities;
  /** Stateless servers: what the client brings back to a question of theirs, as members of `params`. */
  readonly resumed?: { readonly inputResponses?: Readonly<Record<string, unknown>>; readonly requestState?: string };
  /**
   * A server with sessions asks in the middle of the call. The deadline stands still until it is answered. Absent: it is
   * answered -32601. Over stdio a question is this call's only if no other is under way; otherwise it is refused.
   */
  readonly onQuestion?: (question: Question) => Promise<QuestionAnswer>;
  /** Progress of this call, in order. When absent, no progress token is sent. */
  readonly onProgress?: (progress: Progress) => void;
  /** Log messages on this call's own stream. When absent, none is asked for. */
  readonly onLog?: (message: LogMessage) => void;
  /** The level to ask a stateless server for, with `onLog`. */
  readonly logLevel?: LogLevel;
  /** Called right before bytes may reach the server. */
  readonly onDispatch?: () => void;
}

export interface LogMessage {
  readonly level: LogLevel;
  readonly logger?: string;
  readonly data: unknown;
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
    | { readonly kind: "error"; readonly error: { readonly code: number; readonly message: string; readonly data?: unknown } }
    /** A stateless server wants to know something first. Nothing of it was judged. */
    | { readonly kind: "input_required"; readonly questions: ReadonlyMap<string, Question>; readonly requestState?: string }
    /** A stateless server made a task of it: the members of the task, as parsed. */
    | { readonly kind: "task"; readonly task: Readonly<Record<string, unknown>> };
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

/** A request of a server that belongs to no call, or that nobody may answer: answered -32601; the gateway records it. */
export interface ServerRequest {
  readonly server: string;
  readonly method: string;
}
