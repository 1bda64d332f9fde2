import { features, featureTurn } from "./features.ts";
import { rawArguments } from "./raw-args.ts";
import { echoTool } from "./script.ts";
import {
  type BehaveTurn,
  behaviourTurn,
  failure,
  isStateless,
  type Message,
  type Received,
  type RecordedCall,
  reply,
  type Script,
  type Turn,
} from "./turn.ts";

export const STATELESS = "2026-07-28";
const SESSION_VERSIONS = ["2025-11-25", "2025-06-18", "2025-03-26"];

export function defaultScript(): Script {
  return { era: "session", tools: [echoTool], answers: {}, listChanged: true };
}

/** Whether a message asks the server for something that only a decision may let through. */
export function reaches({ method }: Message): boolean {
  return typeof method === "string" && !HARMLESS.test(method);
}

const HARMLESS = /^(initialize|ping|server\/discover|subscriptions\/listen|notifications\/.*|.*\/list|logging\/setLevel)$/;

export function call(received: Received): RecordedCall | undefined {
  const { message, raw, headers } = received;
  if (message.method !== "tools/call") return undefined;
  return { tool: String(message.params?.name), args: message.params?.arguments, argsText: rawArguments(raw), headers, raw };
}

/** What a well-behaved server of that era answers, apart from transport. */
export function turn(script: Script, message: Message): Turn {
  if (message.method === undefined || message.id === undefined) return { kind: "none" };
  const stateless = isStateless(message);
  if (stateless ? script.era === "session" : script.era === "stateless") return wrongEra(script, message);
  const seal = (result: object) => (stateless ? { resultType: "complete", ...result } : result);
  const { method } = message;
  if (typeof method === "string" && Object.hasOwn(script.answers, method)) {
    return behaviourTurn(script, message, seal, { key: method, args: message.params, echo: {} });
  }
  switch (method) {
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
      return featureTurn(script, message, seal) ?? failure(message.id, -32601, "Method not found");
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
  return { tools: script.listChanged === false ? {} : { listChanged: true }, ...features(script) };
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
  const echo = { content: [{ type: "text", text: JSON.stringify(args ?? null) }], structuredContent: { echo: args ?? null } };
  return behaviourTurn(script, message, seal, { key: name, args, echo });
}

/** Puts the progress token and the id of the request into a scripted message. */
export function fill(message: unknown, { token, id }: Pick<BehaveTurn, "token" | "id">): string {
  return JSON.stringify(message, (_key, value: unknown) => (value === "$TOKEN" ? token : value === "$ID" ? id : value));
}
