import { rawArguments } from "./raw-args.ts";
import { type Behaviour, echoTool, type Tool } from "./script.ts";

export type ServedEra = "session" | "stateless" | "both";

export interface Message {
  readonly jsonrpc?: unknown;
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: unknown;
  readonly error?: unknown;
}

/** A message as it came in, with its exact text. */
export interface Received {
  readonly raw: string;
  readonly message: Message;
  readonly headers: Readonly<Record<string, string>>;
}

export interface RecordedCall {
  readonly tool: string;
  readonly args: unknown;
  /** The arguments' exact text as it stood in the request; undefined if there were none. */
  readonly argsText: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly raw: string;
}

export interface Script {
  readonly era: ServedEra;
  readonly tools: readonly Tool[];
  /** By tool; a function sees the arguments. Without an entry: echo. */
  readonly answers: Readonly<Record<string, Behaviour | ((args: unknown) => Behaviour)>>;
  readonly pageSize?: number;
  /** The newest session version offered; older ones that the client asks for are accepted. */
  readonly sessionVersion?: string;
  readonly listChanged?: boolean;
}

export const STATELESS = "2026-07-28";
const SESSION_VERSIONS = ["2025-11-25", "2025-06-18", "2025-03-26"];

export function defaultScript(): Script {
  return { era: "session", tools: [echoTool], answers: {}, listChanged: true };
}

export type Turn =
  | { readonly kind: "reply"; readonly message: unknown; readonly opensSession?: boolean }
  | { readonly kind: "behave"; readonly behaviour: Behaviour; readonly echo: unknown; readonly id: unknown; readonly token: unknown }
  | { readonly kind: "none" };

export function call(received: Received): RecordedCall | undefined {
  const { message, raw, headers } = received;
  if (message.method !== "tools/call") return undefined;
  return { tool: String(message.params?.name), args: message.params?.arguments, argsText: rawArguments(raw), headers, raw };
}

export function isStateless(message: Message): boolean {
  const meta = message.params?._meta;
  return typeof meta === "object" && meta !== null && "io.modelcontextprotocol/protocolVersion" in meta;
}

/** What a well-behaved server of that era answers, apart from transport. */
export function turn(script: Script, message: Message): Turn {
  if (message.method === undefined || message.id === undefined) return { kind: "none" };
  const stateless = isStateless(message);
  if (stateless ? script.era === "session" : script.era === "stateless") return wrongEra(script, message);
  const seal = (result: object) => (stateless ? { resultType: "complete", ...result } : result);
  switch (message.method) {
    case "initialize":
      return { ...reply(message.id, initializeResult(script, message)), opensSession: true };
    case "ping":
      return reply(message.id, {});
    case "server/discover":
      if (!stateless) return failure(message.id, -32601, "Method not found");
      return reply(message.id, seal(discoverResult(script)));
    case "tools/list":
      return reply(message.id, seal({ ...page(script, message), ...(stateless ? { ttlMs: 0, cacheScope: "private" } : {}) }));
    case "tools/call":
      return callTurn(script, message, seal);
    default:
      return failure(message.id, -32601, "Method not found");
  }
}

function wrongEra(script: Script, message: Message): Turn {
  if (script.era === "session") return failure(message.id, -32601, "Method not found");
  return failure(message.id, -32022, "Unsupported protocol version", { supported: [STATELESS] });
}

function initializeResult(script: Script, message: Message): object {
  const newest = script.sessionVersion ?? "2025-11-25";
  const wanted = String(message.params?.protocolVersion);
  const offered = SESSION_VERSIONS.slice(SESSION_VERSIONS.indexOf(newest));
  return {
    protocolVersion: offered.includes(wanted) ? wanted : newest,
    capabilities: capabilities(script),
    serverInfo: { name: "recording", version: "1" },
  };
}

function discoverResult(script: Script): object {
  return { supportedVersions: [STATELESS], capabilities: capabilities(script), ttlMs: 0, cacheScope: "private" };
}

function capabilities(script: Script): object {
  return { tools: script.listChanged === false ? {} : { listChanged: true } };
}

function page(script: Script, message: Message): object {
  const size = script.pageSize ?? script.tools.length;
  const from = Number(message.params?.cursor ?? 0);
  const next = from + size;
  return { tools: script.tools.slice(from, next), ...(next < script.tools.length ? { nextCursor: String(next) } : {}) };
}

function callTurn(script: Script, message: Message, seal: (result: object) => object): Turn {
  const name = String(message.params?.name);
  const args = message.params?.arguments;
  if (!script.tools.some((tool) => tool.name === name)) return failure(message.id, -32602, `Unknown tool: ${name}`);
  const answer = script.answers[name];
  const behaviour = typeof answer === "function" ? answer(args) : (answer ?? { kind: "echo" });
  const meta = message.params?._meta as { progressToken?: unknown } | undefined;
  const echo = seal({ content: [{ type: "text", text: JSON.stringify(args ?? null) }], structuredContent: { echo: args ?? null } });
  const sealed = behaviour.kind === "result" ? { ...behaviour, result: { ...seal({}), ...behaviour.result } } : behaviour;
  return { kind: "behave", behaviour: sealed, echo, id: message.id, token: meta?.progressToken };
}

export function reply(id: unknown, result: unknown): { readonly kind: "reply"; readonly message: unknown } {
  return { kind: "reply", message: { jsonrpc: "2.0", id, result } };
}

export function failure(id: unknown, code: number, message: string, data?: unknown): { readonly kind: "reply"; readonly message: unknown } {
  return { kind: "reply", message: { jsonrpc: "2.0", id: id ?? null, error: { code, message, ...(data === undefined ? {} : { data }) } } };
}

/** Puts the progress token into a scripted message. */
export function fill(message: unknown, token: unknown): string {
  return JSON.stringify(message, (_key, value: unknown) => (value === "$TOKEN" ? token : value));
}
