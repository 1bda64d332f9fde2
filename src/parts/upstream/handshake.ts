import { ok, type Result } from "../../core/result.ts";
import type { ServerDefinition } from "../../core/server.ts";
import type { Era } from "../../core/tool.ts";
import { isMembers, type Members, readAnswer } from "./answer.ts";
import { declaredCapabilities } from "./capabilities.ts";
import { failed } from "./failure.ts";
import {
  type ClientInfo,
  initializeBody,
  initializedBody,
  requestBody,
  SESSION_VERSIONS,
  SSE_VERSIONS,
  STATELESS_VERSION,
  statelessMeta,
} from "./messages.ts";
import { outcomeOf } from "./status.ts";
import type { UpstreamFailure } from "./upstream.ts";
import type { Link, Wire, WireAnswer } from "./wire.ts";

export interface Opening {
  readonly server: ServerDefinition;
  readonly wire: Wire;
  readonly era: Era | "auto";
  readonly client: ClientInfo;
  readonly credential: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly nextId: () => number;
  readonly now: () => number;
  /** Called when a process ended because of the question for its era. */
  readonly forgive: () => void;
}

const HANDSHAKE_BYTES = 1_048_576;
/** The one revision of sessions that has tasks. */
const TASKS_VERSION = "2025-11-25";
const SESSION_ID = /^[\x21-\x7e]{1,1024}$/;

/** Agrees with a server on how to speak. Asking for the era is harmless: a server of 2025 refuses it and is then initialized. */
export async function openLink(opening: Opening): Promise<Result<Link, UpstreamFailure>> {
  if (opening.era === "session") return initialize(opening);
  const discovered = await discover(opening);
  if (opening.era === "stateless" || !discovered.ok) return discovered.ok ? (discovered.value ?? notStateless()) : discovered;
  return discovered.value ?? initialize(opening);
}

function notStateless(): ReturnType<typeof failed> {
  return failed("upstream.invalid_answer", `the server does not speak ${STATELESS_VERSION}, which its definition asks for`, false);
}

/** The link, or undefined if the server is of the session era, or a failure that leaves the era open. */
async function discover(opening: Opening, again = false): Promise<Result<Result<Link, UpstreamFailure> | undefined, UpstreamFailure>> {
  const { server, wire, client, credential, timeoutMs, nextId } = opening;
  const id = nextId();
  const answer = await wire.request({
    id,
    method: "server/discover",
    body: requestBody(id, "server/discover", "", statelessMeta(client, declaredCapabilities(server))),
    link: undefined,
    version: STATELESS_VERSION,
    headers: ["mcp-method", "server/discover"],
    credential,
    maxBytes: HANDSHAKE_BYTES,
    timeoutMs,
  });
  if (!answer.ok) return silent(opening, answer.error);
  const { status } = answer.value;
  if (status === 401 || status === 403 || (status >= 500 && opening.era !== "auto")) {
    const refused = outcomeOf(answer.value, id);
    if (!refused.ok) return refused;
  }
  const outcome = readAnswer(answer.value.text, answer.value.message, id);
  // A server that refuses the version and names the very same one is asked once more.
  if (!again && outcome.ok && outcome.value.kind === "error" && namesOurs(outcome.value.error)) return discover(opening, true);
  // Whatever else it says: only a good answer to this question shows a stateless server.
  if (!outcome.ok || outcome.value.kind === "error") return ok(undefined);
  const { supportedVersions, capabilities } = outcome.value.result;
  if (!Array.isArray(supportedVersions) || !supportedVersions.includes(STATELESS_VERSION)) return ok(undefined);
  return ok(ok({ era: "stateless", protocolVersion: STATELESS_VERSION, openedAt: opening.now(), ...offered(capabilities, server) }));
}

const UNSUPPORTED_VERSION = -32022;

function namesOurs({ code, data }: { readonly code: number; readonly data?: unknown }): boolean {
  const supported = isMembers(data) ? data.supported : undefined;
  return code === UNSUPPORTED_VERSION && Array.isArray(supported) && supported.includes(STATELESS_VERSION);
}

/**
 * No answer to the question for the era. Some servers of 2025 fail, end, cut the connection or say nothing at anything
 * before initialize; whether they are really away, initialize will show.
 */
function silent(opening: Opening, error: UpstreamFailure): Result<undefined, UpstreamFailure> {
  if (opening.era !== "auto" || !error.dispatched || !silence.includes(error.code)) return { ok: false, error };
  if (opening.wire.kind === "stdio" && error.code === "upstream.unavailable") opening.forgive();
  return ok(undefined);
}

const silence: readonly UpstreamFailure["code"][] = [
  "upstream.unavailable",
  "upstream.timeout",
  // What is no JSON-RPC, or is too long, was not written by a server that knows the question.
  "upstream.invalid_answer",
  "upstream.too_large",
];

async function initialize(opening: Opening): Promise<Result<Link, UpstreamFailure>> {
  const { server, wire, client, credential, timeoutMs, nextId } = opening;
  const id = nextId();
  const body = initializeBody(id, client, declaredCapabilities(server));
  const answer = await wire.request({ id, method: "initialize", body, link: undefined, credential, maxBytes: HANDSHAKE_BYTES, timeoutMs });
  if (!answer.ok) return answer;
  const outcome = outcomeOf(answer.value, id);
  if (!outcome.ok) return outcome;
  if (outcome.value.kind === "error") {
    return failed("upstream.invalid_answer", `initialize was answered with error ${outcome.value.error.code}`, true);
  }
  const link = sessionLink(outcome.value.result, answer.value, opening);
  // A server may refuse everything until it has this message.
  if (link.ok) await wire.notify(initializedBody, link.value, credential);
  return link;
}

function sessionLink(result: Members, answer: WireAnswer, { server, wire, now }: Opening): Result<Link, UpstreamFailure> {
  const { protocolVersion, capabilities } = result;
  const versions = wire.kind === "sse" ? SSE_VERSIONS : SESSION_VERSIONS;
  if (typeof protocolVersion !== "string" || !versions.includes(protocolVersion)) {
    const spoken = JSON.stringify(protocolVersion) ?? "nothing";
    return failed("upstream.invalid_answer", `the server speaks ${spoken.slice(0, 40)}, wanted one of ${versions.join(", ")}`, true);
  }
  const { sessionId } = answer;
  if (sessionId !== undefined && !SESSION_ID.test(sessionId)) {
    return failed("upstream.invalid_answer", "the session id has signs that a header may not carry", true);
  }
  const session = sessionId === undefined ? {} : { sessionId };
  const tasks = protocolVersion === TASKS_VERSION ? tasksOf(capabilities) : {};
  return ok({ era: "session", protocolVersion, openedAt: now(), ...offered(capabilities, server), ...session, ...tasks });
}

/** What the server declared of tasks, if it makes them of calls of tools. */
function tasksOf(capabilities: unknown): Pick<Link, "tasks"> {
  const tasks = isMembers(capabilities) && isMembers(capabilities.tasks) ? capabilities.tasks : {};
  const tools = isMembers(tasks.requests) && isMembers(tasks.requests.tools) ? tasks.requests.tools : {};
  return isMembers(tools.call) ? { tasks: { cancel: isMembers(tasks.cancel) } } : {};
}

function offered(capabilities: unknown, server: ServerDefinition): Pick<Link, "has" | "tells" | "offers"> {
  const of = (name: string): Members | undefined => {
    const value = isMembers(capabilities) ? capabilities[name] : undefined;
    return isMembers(value) ? value : undefined;
  };
  const [tools, prompts, resources] = [of("tools"), of("prompts"), of("resources")];
  const extensions = of("extensions") ?? {};
  const passed = server.extensions.filter((id) => Object.hasOwn(extensions, id) && isMembers(extensions[id]));
  return {
    has: { tools: tools !== undefined, prompts: prompts !== undefined, resources: resources !== undefined },
    tells: {
      tools: tools?.listChanged === true,
      prompts: prompts?.listChanged === true,
      resources: resources?.listChanged === true,
    },
    offers: {
      completions: of("completions") !== undefined,
      logging: of("logging") !== undefined,
      subscriptions: resources?.subscribe === true,
      extensions: Object.fromEntries(passed.map((id) => [id, extensions[id]])),
    },
  };
}
