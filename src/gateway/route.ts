import type { DecisionId } from "../core/ids.ts";
import type { LogMessage, Progress } from "../parts/upstream/index.ts";
import type { Sealer } from "../platform/sealer.ts";
import type { Answer, Exchange, Gateway, GatewayRequest } from "./gateway.ts";
import type { Parts } from "./parts.ts";
import { openState } from "./seals.ts";
import { refuseUnpinnedCall } from "./settle.ts";

const TOPIC = "gateway/request";
/** A replica that works on a request says so this often; one that says nothing for so long is not there. */
const ALIVE_MS = 5_000;
const AWAY_MS = 15_000;
/** Characters of an answer in one event: less than what replicas carry at once, sealed and in any script. */
const PART = 128 * 1024;

/** What a replica needs to carry out another one's request. Members of the request that are functions stay with the asker. */
interface Routed {
  readonly id: DecisionId;
  readonly exchange: Exchange;
  readonly request: Omit<GatewayRequest, "signal" | "ask" | "repeats" | "onProgress" | "onLog" | "onElicitationDone">;
  readonly contradiction?: string;
  readonly hears: { readonly progress: boolean; readonly log: boolean };
}

/** What comes back, one after another. */
type News =
  /** From here on the request may have reached its server. */
  | { readonly taken: true }
  | { readonly progress: Progress }
  | { readonly log: LogMessage }
  /** A piece of the answer's JSON text, and where it stands there. */
  | { readonly part: string; readonly at: number }
  /** How long that text is: the channel may lose pieces, and whoever writes it may repeat or swap them. */
  | { readonly length: number };

type Serve = Gateway["request"];

/**
 * Sends a request that goes on with a parked call to the replica where it is parked, and serves such requests of others.
 * What travels between them is sealed: whoever reads or writes the channel neither learns nor forges anything.
 */
export function routed(parts: Parts, serve: Serve): Serve {
  parts.replicas.serve(TOPIC, (payload, send, signal) => serveRouted(parts, serve, payload, send, signal));
  return (exchange, request) => {
    const replica = replicaOf(parts, request);
    return replica === undefined ? serve(exchange, request) : route(parts, serve, replica, exchange, request);
  };
}

/** Another replica that holds what this request goes on with. A state that cannot be opened is refused where it came in. */
function replicaOf(parts: Parts, { resumed }: GatewayRequest): string | undefined {
  if (resumed?.requestState === undefined) return undefined;
  const state = openState(parts, resumed.requestState);
  const replica = state.ok ? state.value.park?.replica : undefined;
  return replica === parts.replicas.id ? undefined : replica;
}

async function route(parts: Parts, serve: Serve, replica: string, exchange: Exchange, request: GatewayRequest): Promise<Answer> {
  const { sealer, clock, ids, replicas } = parts;
  const now = clock.now();
  const routed = routedOf(parts, ids.decision(now), exchange, request);
  const seal = sealed(sealer, routed.id);
  let taken = false;
  let text = "";
  let whole = false;
  const onEvent = (event: unknown) => {
    const news = seal.open(event, clock.now());
    if (news === undefined) return;
    if ("taken" in news) taken = true;
    if ("progress" in news) request.onProgress?.(news.progress);
    if ("log" in news) request.onLog?.(news.log);
    if ("part" in news && news.at === text.length) text += news.part;
    if ("length" in news) whole = news.length === text.length;
  };
  const payload = sealer.seal(TOPIC, routed, now + AWAY_MS);
  const reply = await replicas.ask(replica, TOPIC, payload, { timeoutMs: AWAY_MS, signal: request.signal, onEvent });
  if (reply.kind === "answer" && whole) return JSON.parse(text) as Answer;
  if (request.signal.aborted) return { kind: "cancelled", decisionId: routed.id };
  if (taken) return await refuseUnpinnedCall(parts, exchange, request, "question.abandoned");
  // Refused here, on record: the state names a replica that this one is not.
  return await serve(exchange, request);
}

function routedOf(parts: Parts, id: DecisionId, exchange: Exchange, request: GatewayRequest): Routed {
  const { signal: _signal, ask: _ask, onElicitationDone: _done, repeats, onProgress, onLog, ...rest } = request;
  const contradiction = repeats && contradictionOf(parts, exchange, request, repeats);
  return {
    id,
    exchange,
    request: rest,
    hears: { progress: onProgress !== undefined, log: onLog !== undefined },
    ...(contradiction === undefined ? {} : { contradiction }),
  };
}

/** The message is compared with itself where it came in; the other replica judges what was found. */
function contradictionOf(
  parts: Parts,
  exchange: Exchange,
  { resumed }: GatewayRequest,
  repeats: NonNullable<GatewayRequest["repeats"]>,
): string | undefined {
  const state = openState(parts, resumed?.requestState ?? "");
  const tools = parts.generations.for(exchange.caller.token)?.targets.tools;
  const target = state.ok ? tools?.get(state.value.target) : undefined;
  return target && target.repeated.length > 0 ? repeats(target.repeated) : undefined;
}

async function serveRouted(
  parts: Parts,
  serve: Serve,
  payload: unknown,
  send: (event: unknown) => void,
  signal: AbortSignal,
): Promise<unknown> {
  const opened = parts.sealer.open(TOPIC, String(payload), parts.clock.now());
  if (!opened.ok) throw new Error("a routed request cannot be opened");
  const { id, exchange, request, hears, contradiction } = opened.value as Routed;
  const seal = sealed(parts.sealer, id);
  const tell = (news: News) => send(seal.close(news, parts.clock.now() + AWAY_MS));
  tell({ taken: true });
  const alive = setInterval(() => send(null), ALIVE_MS).unref();
  try {
    const answer = await serve(exchange, {
      ...request,
      signal,
      repeats: () => contradiction,
      ...(hears.progress ? { onProgress: (progress: Progress) => tell({ progress }) } : {}),
      ...(hears.log ? { onLog: (log: LogMessage) => tell({ log }) } : {}),
    });
    const text = JSON.stringify(answer);
    for (let at = 0; at < text.length; at += PART) tell({ part: text.slice(at, at + PART), at });
    tell({ length: text.length });
    return null;
  } finally {
    clearInterval(alive);
  }
}

/** Seals for one request only: what answers another one does not open. */
function sealed(sealer: Sealer, id: DecisionId) {
  const purpose = `${TOPIC} ${id}`;
  return {
    close: (news: News, until: number) => sealer.seal(purpose, news, until),
    open(event: unknown, now: number): News | undefined {
      const opened = typeof event === "string" ? sealer.open(purpose, event, now) : undefined;
      return opened?.ok ? (opened.value as News) : undefined;
    },
  };
}
