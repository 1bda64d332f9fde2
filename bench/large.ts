import { Agent, request } from "undici";
import { ALL_TOOLS, LARGE_BYTES, LARGE_ID, SERVER, STREAM_ID, STREAM_STEPS, toolName } from "./calls.ts";
import type { Running } from "./processes.ts";
import { median } from "./report.ts";
import { headersFor, openSession } from "./session.ts";

/** What is long or large: lists, streams and results, one at a time, beside the same without a gate. */
export interface Large {
  /** `tools/list` with 200 tools: through the gate, and through the floor. Milliseconds, medians. */
  readonly list200: Beside;
  /** A call with 1 000 reports of progress: through the gate, and from the server itself, because the floor does not stream. */
  readonly progress1000: Beside;
  /** A result of 1 MB: through the gate, and through the floor. */
  readonly result1mb: Beside;
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
  /** One who may use all tools. */
  readonly wide: string;
}

/** `times`: how often each thing is done; the medians are told. */
export async function measureLarge({ gate, floor, server, wide }: LargeTargets, times: number): Promise<Large> {
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
    return { list200, progress1000, result1mb, calls: 2 * (times + 1) };
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
