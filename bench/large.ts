import { Agent, request } from "undici";
import { ALL_TOOLS, LARGE_BYTES, LARGE_ID, SERVER, STREAM_ID, STREAM_STEPS, toolName } from "./calls.ts";
import { type Running, residentMegabytes } from "./processes.ts";
import { median } from "./report.ts";

/** What is long, large or stays open: lists, streams and results, one at a time, beside the same without a gate. */
export interface Large {
  /** `tools/list` with 200 tools: through the gate, and through the floor. Milliseconds, medians. */
  readonly list200: Beside;
  /** A call with 1 000 reports of progress: through the gate, and from the server itself, because the floor does not stream. */
  readonly progress1000: Beside;
  /** A result of 1 MB: through the gate, and through the floor. */
  readonly result1mb: Beside;
  /** What 1 000 streams on which nothing happens cost the gate: kilobytes of resident memory each. */
  readonly idle_stream_kb: number;
  /** Calls that the gate put on record for this. */
  readonly calls: number;
}

export interface Beside {
  readonly gate_ms: number;
  readonly beside_ms: number;
}

export interface LargeTargets {
  readonly gate: Running;
  readonly floor: Running;
  readonly server: Running;
  /** One who may use all tools, and many who may keep a stream open. */
  readonly wide: string;
  readonly bearers: readonly string[];
}

const IDLE_STREAMS = 1_000;
const STREAMS_EACH = 5;
const VERSION = "2025-11-25";

/** `times`: how often each thing is done; the medians are told. */
export async function measureLarge({ gate, floor, server, wide, bearers }: LargeTargets, times: number): Promise<Large> {
  const agent = new Agent({ connections: 4 });
  const through = async (url: string, bearer: string) => new Peer(agent, url, bearer, await openSession(agent, url, bearer));
  try {
    const gated = await through(`${gate.url}/mcp`, wide);
    const bare = new Peer(agent, `${floor.url}/mcp`, wide, "bench");
    const direct = new Peer(agent, `${server.url}/mcp`, wide, "bench");
    const beside = async (one: () => Promise<unknown>, other: () => Promise<unknown>): Promise<Beside> => ({
      gate_ms: await medianMs(times, one),
      beside_ms: await medianMs(times, other),
    });
    const list200 = await beside(
      () => gated.list(),
      () => bare.list(),
    );
    const progress1000 = await beside(
      () => gated.call(`${SERVER}__${toolName(0)}`, STREAM_ID),
      () => direct.call(toolName(0), STREAM_ID),
    );
    const result1mb = await beside(
      () => gated.call(`${SERVER}__${toolName(0)}`, LARGE_ID),
      () => bare.call(toolName(0), LARGE_ID),
    );
    return { list200, progress1000, result1mb, idle_stream_kb: await idleStreams(gate, bearers), calls: 2 * (times + 1) };
  } finally {
    await agent.destroy();
  }
}

/** The first one is not counted. */
async function medianMs(times: number, work: () => Promise<unknown>): Promise<number> {
  await work();
  const taken: number[] = [];
  for (let time = 0; time < times; time++) {
    const started = performance.now();
    await work();
    taken.push(performance.now() - started);
  }
  return median(taken, 2) ?? 0;
}

class Peer {
  readonly #agent: Agent;
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(agent: Agent, url: string, bearer: string, session: string) {
    this.#agent = agent;
    this.#url = url;
    this.#headers = headersFor(bearer, session);
  }

  async list(): Promise<void> {
    const text = await this.#post("tools/list", {});
    const { tools } = (JSON.parse(text) as { readonly result: { readonly tools: readonly unknown[] } }).result;
    if (tools.length !== ALL_TOOLS) throw new Error(`${tools.length} tools were listed, wanted ${ALL_TOOLS}`);
  }

  /** Each thing that is asked for is looked for in the answer. */
  async call(name: string, id: string): Promise<void> {
    const args = { id, query: "orders of week 1", limit: 10, region: "eu" };
    const text = await this.#post("tools/call", { name, arguments: args, ...(id === STREAM_ID ? { _meta: { progressToken: 7 } } : {}) });
    const whole = id === LARGE_ID ? text.length > LARGE_BYTES : text.split("notifications/progress").length - 1 === STREAM_STEPS;
    if (!whole) throw new Error(`the answer to "${id}" is not whole: ${text.slice(0, 300)}`);
  }

  async #post(method: string, params: object): Promise<string> {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params });
    const answer = await request(this.#url, { method: "POST", headers: this.#headers, body, dispatcher: this.#agent });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`${method}: ${answer.statusCode} ${text.slice(0, 300)}`);
    return text;
  }
}

function headersFor(bearer: string, session: string | undefined): Readonly<Record<string, string>> {
  return {
    authorization: `Bearer ${bearer}`,
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    ...(session === undefined ? {} : { "mcp-session-id": session, "mcp-protocol-version": VERSION }),
  };
}

async function openSession(agent: Agent, url: string, bearer: string): Promise<string> {
  const params = { protocolVersion: VERSION, capabilities: {}, clientInfo: { name: "bench", version: "1" } };
  const body = JSON.stringify({ jsonrpc: "2.0", id: 0, method: "initialize", params });
  const opened = await request(url, { method: "POST", headers: headersFor(bearer, undefined), body, dispatcher: agent });
  const session = opened.headers["mcp-session-id"];
  if (typeof session !== "string") throw new Error(`no session: ${opened.statusCode} ${(await opened.body.text()).slice(0, 300)}`);
  await opened.body.dump();
  return session;
}

/** Streams of many principals: each may keep some open, one a session. */
async function idleStreams(gate: Running, bearers: readonly string[]): Promise<number> {
  const url = `${gate.url}/mcp`;
  const agent = new Agent({ connections: IDLE_STREAMS, bodyTimeout: 0 });
  try {
    const sessions: (readonly [string, string])[] = [];
    for (let at = 0; sessions.length < IDLE_STREAMS; at++) {
      const bearer = bearers[Math.floor(at / STREAMS_EACH) % bearers.length] ?? "";
      sessions.push([bearer, await openSession(agent, url, bearer)]);
    }
    const before = residentMegabytes(gate.pid);
    for (const [bearer, session] of sessions) {
      const stream = await request(url, { method: "GET", headers: headersFor(bearer, session), dispatcher: agent });
      if (stream.statusCode !== 200)
        throw new Error(`a stream was refused: ${stream.statusCode} ${(await stream.body.text()).slice(0, 300)}`);
      stream.body.on("error", () => {});
    }
    return Number((((residentMegabytes(gate.pid) - before) * 1024) / IDLE_STREAMS).toFixed(1));
  } finally {
    await agent.destroy();
  }
}
