import type { QuestionAnswer } from "../../core/question.ts";

/** Words and numbers of the Model Context Protocol that both doors need. */

/** Revisions with sessions, newest first. Batches of 2025-03-26 are refused. */
export const sessionVersions: readonly string[] = ["2025-11-25", "2025-06-18", "2025-03-26"];
export const statelessVersion = "2026-07-28";

export const latestSessionVersion = "2025-11-25";

export const codes = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  /** Refused at the HTTP level; the status says why. */
  http: -32000,
  sessionNotFound: -32001,
  /** A resource that does not exist, up to 2025-11-25; the stateless era says invalidParams. */
  resourceNotFound: -32002,
  headerMismatch: -32020,
  missingCapability: -32021,
  unsupportedVersion: -32022,
  /** Refused by policy, where the method's result has no form for it. */
  refused: 403,
} as const;

export const meta = {
  protocolVersion: "io.modelcontextprotocol/protocolVersion",
  clientInfo: "io.modelcontextprotocol/clientInfo",
  clientCapabilities: "io.modelcontextprotocol/clientCapabilities",
  logLevel: "io.modelcontextprotocol/logLevel",
  serverInfo: "io.modelcontextprotocol/serverInfo",
  subscriptionId: "io.modelcontextprotocol/subscriptionId",
  decision: "toolgate/decision",
  request: "toolgate/request",
} as const;

/** The extension of 2026-07-28 that has the methods tasks/get, tasks/update and tasks/cancel. */
export const tasksExtension = "io.modelcontextprotocol/tasks";

export type RequestId = string | number;
export type Members = Readonly<Record<string, unknown>>;

/** A request, or a notification when it has no id. */
export interface Message {
  readonly method: string;
  readonly id: RequestId | undefined;
  readonly params: Members | undefined;
}

/** What a client answers to a question that it was asked on a stream. */
export interface Response {
  readonly id: RequestId;
  readonly answer: QuestionAnswer;
}

/** Why a message was refused before it could be judged, in the form its sender gets. */
export interface Fault {
  readonly status: number;
  readonly code: number;
  readonly message: string;
  readonly id: RequestId | undefined;
  readonly data?: Members;
  readonly reason: "gateway.invalid_request" | "gateway.unsupported_method" | "gateway.foreign_host" | "session.limit";
  readonly method?: string;
}

export function isMembers(value: unknown): value is Members {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A request in a shape that this door does not accept. */
export function badRequest(message: string, id?: RequestId, method?: string): Fault {
  return {
    status: 400,
    code: codes.invalidRequest,
    message,
    id,
    reason: "gateway.invalid_request",
    ...(method === undefined ? {} : { method }),
  };
}

/** Parameters that do not fit the method; answered in band. */
export function badParams(message: string, asked: Message): Fault {
  return { status: 200, code: codes.invalidParams, message, id: asked.id, reason: "gateway.invalid_request", method: asked.method };
}

export function unsupportedMethod(asked: Message, status: number): Fault {
  return {
    status,
    code: codes.methodNotFound,
    message: `Method not found: ${shown(asked.method)}`,
    id: asked.id,
    reason: "gateway.unsupported_method",
    method: asked.method,
  };
}

const SHOWN = 128;

/** What a sender wrote, short enough to be written back. */
export function shown(text: string): string {
  return text.length > SHOWN ? `${clip(text, SHOWN)}…` : text;
}

/** The beginning of a text, without the half of a surrogate pair that the cut may leave. */
export function clip(text: string, length: number): string {
  return text.length > length ? text.slice(0, length).toWellFormed() : text;
}

/** Ids and progress tokens are echoed with every message of a call, so a long one would multiply. */
const MAX_ID_LENGTH = 256;

/** What MCP allows as request id and as progress token. */
export function isRequestId(value: unknown): value is RequestId {
  return typeof value === "string" ? value.length <= MAX_ID_LENGTH : typeof value === "number" && Number.isSafeInteger(value);
}
