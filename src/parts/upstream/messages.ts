import { logLevels } from "../../core/client.ts";
import { isMembers, type Members } from "./answer.ts";
import type { LogMessage, Progress } from "./upstream.ts";

export const SESSION_VERSIONS: readonly string[] = ["2025-11-25", "2025-06-18", "2025-03-26"];
/** Over HTTP with SSE, the first revision too, which has that transport. */
export const SSE_VERSIONS: readonly string[] = [...SESSION_VERSIONS, "2024-11-05"];
export const STATELESS_VERSION = "2026-07-28";

export interface ClientInfo {
  readonly name: string;
  readonly version: string;
}

/** The members of `_meta` that every stateless request carries, as JSON text without the braces. */
export function statelessMeta(client: ClientInfo, capabilities: Readonly<Record<string, unknown>>): string {
  const meta = {
    "io.modelcontextprotocol/protocolVersion": STATELESS_VERSION,
    "io.modelcontextprotocol/clientInfo": client,
    "io.modelcontextprotocol/clientCapabilities": capabilities,
  };
  return JSON.stringify(meta).slice(1, -1);
}

export function initializeBody(id: number, client: ClientInfo, capabilities: Readonly<Record<string, unknown>>): string {
  const params = { protocolVersion: SESSION_VERSIONS[0], capabilities, clientInfo: client };
  return JSON.stringify({ jsonrpc: "2.0", id, method: "initialize", params });
}

/** A request with these members of `params` and of `_meta`, both JSON text without braces; an empty text stands for none. */
export function requestBody(id: number, method: string, members: string, meta: string): string {
  const parts = [members, meta === "" ? "" : `"_meta":{${meta}}`].filter((part) => part !== "");
  const params = parts.length === 0 ? "" : `,"params":{${parts.join(",")}}`;
  return `{"jsonrpc":"2.0","id":${id},"method":"${method}"${params}}`;
}

export const initializedBody = '{"jsonrpc":"2.0","method":"notifications/initialized"}';

export function cancelledBody(id: number, reason: string): string {
  return `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id},"reason":${JSON.stringify(reason)}}}`;
}

/** What a message from a server is. Anything that fits nothing is nothing. */
export type Incoming =
  | { readonly kind: "answer"; readonly id: unknown }
  | { readonly kind: "request"; readonly message: Members }
  | { readonly kind: "progress"; readonly token: unknown; readonly progress: Progress }
  | { readonly kind: "log"; readonly log: LogMessage }
  /** What the server says of itself, whatever it belongs to. */
  | { readonly kind: "news"; readonly news: News }
  /** The server takes back a question of its own. */
  | { readonly kind: "taken_back"; readonly id: unknown }
  | { readonly kind: "nothing" };

/** What a server tells unasked. */
export type News =
  | { readonly kind: "list_changed" }
  | { readonly kind: "resource_updated"; readonly uri: string }
  /** What a person was sent to an address for is done there. */
  | { readonly kind: "elicitation_done"; readonly id: string };

const NOTHING = { kind: "nothing" } as const;
const LIST_CHANGED = { kind: "news", news: { kind: "list_changed" } } as const;

export function incoming(message: unknown): Incoming {
  if (!isMembers(message)) return NOTHING;
  const { method, id } = message;
  if (typeof method !== "string") return "result" in message || "error" in message ? { kind: "answer", id } : NOTHING;
  if (id !== undefined && id !== null) return { kind: "request", message };
  return notification(method, message.params);
}

function notification(method: string, params: unknown): Incoming {
  switch (method) {
    case "notifications/tools/list_changed":
    case "notifications/prompts/list_changed":
    case "notifications/resources/list_changed":
      return LIST_CHANGED;
    case "notifications/progress":
      return isMembers(params) ? progressOf(params) : NOTHING;
    case "notifications/message":
      return isMembers(params) ? logOf(params) : NOTHING;
    case "notifications/resources/updated":
      if (!isMembers(params) || typeof params.uri !== "string") return NOTHING;
      return { kind: "news", news: { kind: "resource_updated", uri: params.uri } };
    case "notifications/elicitation/complete":
      if (!isMembers(params) || typeof params.elicitationId !== "string") return NOTHING;
      return { kind: "news", news: { kind: "elicitation_done", id: params.elicitationId } };
    case "notifications/cancelled":
      return isMembers(params) ? { kind: "taken_back", id: params.requestId } : NOTHING;
    default:
      return NOTHING;
  }
}

function progressOf({ progressToken, progress, total, message }: Members): Incoming {
  if (typeof progress !== "number" || !Number.isFinite(progress)) return NOTHING;
  return {
    kind: "progress",
    token: progressToken,
    progress: {
      progress,
      ...(typeof total === "number" && Number.isFinite(total) ? { total } : {}),
      ...(typeof message === "string" ? { message } : {}),
    },
  };
}

function logOf({ level, logger, data }: Members): Incoming {
  const known = logLevels.find((one) => one === level);
  if (known === undefined || data === undefined) return NOTHING;
  return { kind: "log", log: { level: known, data, ...(typeof logger === "string" ? { logger } : {}) } };
}

/** An answer to a request of the server. `id` is JSON text. */
export function resultBody(id: string, result: Members): string {
  return `{"jsonrpc":"2.0","id":${id},"result":${JSON.stringify(result)}}`;
}

export function errorBody(id: string, code: number, message: string): string {
  return `{"jsonrpc":"2.0","id":${id},"error":{"code":${code},"message":${JSON.stringify(message)}}}`;
}
