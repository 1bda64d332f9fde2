import { Agent, request } from "undici";
import { type Running, residentMegabytes } from "./processes.ts";
import { headersFor, openSession } from "./session.ts";

/** The first ones make the gate compile what they need and are not counted. */
const FIRST = 200;
const COUNTED = 1_000;
const STREAMS_EACH = 6;

/**
 * Kilobytes of resident memory for each open stream on which nothing happens, its session and its connection included.
 * Before any load: afterwards there is room in the heap that streams would fill unseen.
 */
export async function measureIdleStreams(gate: Running, bearers: readonly string[]): Promise<number> {
  const url = `${gate.url}/mcp`;
  const agent = new Agent({ connections: FIRST + COUNTED + 1, bodyTimeout: 0 });
  const open = async (from: number, count: number): Promise<void> => {
    for (let at = from; at < from + count; at++) {
      const bearer = bearers[Math.floor(at / STREAMS_EACH) % bearers.length] ?? "";
      const headers = headersFor(bearer, await openSession(agent, url, bearer));
      const stream = await request(url, { method: "GET", headers, dispatcher: agent });
      if (stream.statusCode !== 200)
        throw new Error(`a stream was refused: ${stream.statusCode} ${(await stream.body.text()).slice(0, 300)}`);
      stream.body.on("error", () => {});
    }
  };
  try {
    await open(0, FIRST);
    const before = residentMegabytes(gate.pid);
    await open(FIRST, COUNTED);
    return Number((((residentMegabytes(gate.pid) - before) * 1024) / COUNTED).toFixed(1));
  } finally {
    await agent.destroy();
  }
}
