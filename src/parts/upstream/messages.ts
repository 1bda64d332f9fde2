import type { Era } from "../../core/tool.ts";
import { isMembers, type Members } from "./answer.ts";
import type { Progress } from "./upstream.ts";

export const SESSION_VERSIONS: readonly string[] = ["2025-11-25", "2025-06-18", "2025-03-26"];
export const STATELESS_VERSION = "2026-07-28";

export interface ClientInfo {
  readonly name: string;
  readonly version: string;
}

/** The members of `_meta` that every stateless request carries, as JSON text without the braces. No capabilities are declared. */
export function statelessMeta(client: ClientInfo): string {
  const meta = {
    "io.modelcontextprotocol/protocolVersion": STATELESS_VERSION,
    "io.modelcontextprotocol/clientInfo": client,
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  return JSON.stringify(meta).slice(1, -1);
}

export function initializeBody(id: number, client: ClientInfo): string {
  const params = { protocolVersion: SESSION_VERSIONS[0], capabilities: {}, clientInfo: client };
  return JSON.stringify({ jsonrpc: "2.0", id, method: "initialize", params });
}

/** A request with these parameters (JSON text of members, without braces), in the form of its era. */
export function requestBody(id: number, method: string, members: string, era: Era, meta: string): string {
  const parts = [members, era === "stateless" ? `"_meta":{${meta}}` : ""].filter((part) => part !== "");
  const params = parts.length === 0 ? "" : `,"params":{${parts.join(",")}}`;
  return `{"jsonrpc":"2.0","id":${id},"method":"${method}"${params}}`;
}

export const initializedBody = '{"jsonrpc":"2.0","method":"notifications/initialized"}';

export function cancelledBody(id: number, reason: string): string {
  return `{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":${id},"reason":${JSON.stringify(reason)}}}`;
}

/** The parts of a `tools/call` that stay the same for a tool; the arguments' text goes between them untouched. */
export interface CallTemplate {
  /** After the id, up to where the arguments begin. */
  readonly head: string;
  readonly meta: string;
}

export function callTemplate(tool: string, era: Era, meta: string): CallTemplate {
  return { head: `,"method":"tools/call","params":{"name":${JSON.stringify(tool)}`, meta: era === "stateless" ? meta : "" };
}

export function callBody(template: CallTemplate, id: number, argsText: string | undefined, wantsProgress: boolean): string {
  let body = `{"jsonrpc":"2.0","id":${id}${template.head}`;
  if (argsText !== undefined) body += `,"arguments":${argsText}`;
  if (wantsProgress) body += `,"_meta":{"progressToken":${id}${template.meta === "" ? "" : ","}${template.meta}}`;
  else if (template.meta !== "") body += `,"_meta":{${template.meta}}`;
  return `${body}}}`;
}

/** What a message from a server is. Anything that fits nothing is nothing. */
export type Incoming =
  | { readonly kind: "answer"; readonly id: unknown }
  | { readonly kind: "request"; readonly message: Members }
  | { readonly kind: "progress"; readonly token: unknown; readonly progress: Progress }
  | { readonly kind: "tools_changed" }
  | { readonly kind: "nothing" };

export function incoming(message: unknown): Incoming {
  if (!isMembers(message)) return { kind: "nothing" };
  const { method, id } = message;
  if (typeof method !== "string") return "result" in message || "error" in message ? { kind: "answer", id } : { kind: "nothing" };
  if (id !== undefined && id !== null) return { kind: "request", message };
  if (method === "notifications/tools/list_changed") return { kind: "tools_changed" };
  if (method === "notifications/progress" && isMembers(message.params)) return progressOf(message.params);
  return { kind: "nothing" };
}

function progressOf({ progressToken, progress, total, message }: Members): Incoming {
  if (typeof progress !== "number" || !Number.isFinite(progress)) return { kind: "nothing" };
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

/** What we say to a request from a server: ping is answered, everything else is not offered. */
export function answerToServer(message: Members): string {
  const id = JSON.stringify(message.id);
  if (message.method === "ping") return `{"jsonrpc":"2.0","id":${id},"result":{}}`;
  return `{"jsonrpc":"2.0","id":${id},"error":{"code":-32601,"message":"Method not found"}}`;
}
