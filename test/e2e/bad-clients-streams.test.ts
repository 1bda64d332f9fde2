import { type IncomingMessage, request } from "node:http";
import { afterEach, describe, expect, test, vi } from "vitest";
import { manualClock } from "../../src/platform/clock.ts";
import { openEvents } from "../support/event-reader.ts";
import { type Answer, type Company, type Gate, plainHeaders, startGate, told } from "../support/gate.ts";
import { mostHeldDuring } from "../support/held-memory.ts";
import { clientEras, wholeCompany } from "./whole-company.ts";
import { askProperly, whole } from "./whole-requests.ts";

// Clients that open more than anybody needs, and clients that do not read what they asked for.

const MEBI = 1024 * 1024;
const clock = manualClock(Date.parse("2026-06-01T09:00:00Z"));
const meta = { "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {} };
let gate: Gate;
afterEach(() => gate.stop());

type Headers = Readonly<Record<string, string | undefined>>;
const url = () => `${gate.url}/servers/desk/mcp`;
const listening = JSON.stringify({
  jsonrpc: "2.0",
  id: 7,
  method: "subscriptions/listen",
  params: { notifications: { toolsListChanged: true }, _meta: meta },
});
const listenHeaders = (token: string) => ({
  ...plainHeaders(token),
  "mcp-protocol-version": "2026-07-28",
  "mcp-method": "subscriptions/listen",
});

async function session(token: string): Promise<{ readonly answer: Answer; readonly headers: Headers }> {
  const answer = await gate.client.initialize({ token, door: "desk" });
  const headers = { "mcp-session-id": String(answer.headers["mcp-session-id"]), "mcp-protocol-version": "2025-11-25" };
  return { answer, headers: { ...plainHeaders(token), accept: "text/event-stream", ...headers } };
}

/** How many refusals are on record since: those that are alike within a second are one record with a count. */
async function refusals(since: number): Promise<number> {
  const records = (await gate.records()).slice(since).filter(({ kind }) => kind === "refusal");
  return records.reduce((sum, { count }) => sum + Number(count ?? 1), 0);
}

describe("a client that opens 10 000 streams", () => {
  test("of the stateless era has as many as it may have, each other try is refused, and others are served", async () => {
    gate = await startGate({ ...whole, clock });
    const token = await gate.token({ lifetime: 3_600 });
    const open = await Promise.all(Array.from({ length: 16 }, () => openEvents(url(), "POST", listenHeaders(token), listening)));
    expect(open.map(({ status }) => status)).toEqual(Array(16).fill(200));
    const since = (await gate.records()).length;
    const answers = new Map<string, number>();
    const held = await mostHeldDuring(
      (async () => {
        for (let n = 16; n < 10_000; n += 64) {
          const tries = Array.from({ length: Math.min(64, 10_000 - n) }, () => gate.client.post(listening, listenHeaders(token), "desk"));
          for (const { status, message } of await Promise.all(tries)) {
            const seen = JSON.stringify([status, message]);
            answers.set(seen, (answers.get(seen) ?? 0) + 1);
          }
        }
      })(),
      2_000,
    );
    expect(held).toBeLessThan(32 * MEBI);
    const message = "Too many open streams: close one that is no longer used";
    expect([...answers]).toEqual([[JSON.stringify([429, { jsonrpc: "2.0", id: 7, error: { code: -32000, message } }]), 9_984]]);
    clock.advance(1_500);
    expect((await gate.client.post(listening, listenHeaders(token), "desk")).status).toBe(429);
    expect(await refusals(since)).toBe(9_985);
    const eve = await gate.token({ user: "eve" });
    const other = await openEvents(url(), "POST", listenHeaders(eve), listening);
    expect(other.status).toBe(200);
    expect(
      told(await askProperly(gate, "tools/call", { name: "echo", arguments: {} }, { token, door: "desk", era: "stateless" })).effect,
    ).toBe("allow");
    open[0]?.drop();
    await vi.waitUntil(async () => (await openEvents(url(), "POST", listenHeaders(token), listening)).status === 200);
    for (const stream of [...open, other]) stream.drop();
  });

  test("of the session era has neither more streams nor more sessions, and a session has one stream", async () => {
    gate = await startGate({ ...whole, clock });
    const token = await gate.token({ lifetime: 3_600 });
    const since = (await gate.records()).length;
    const sessions = [];
    for (let n = 0; n < 64; n++) sessions.push(await session(token));
    clock.advance(1_500);
    const tooMany = await session(token);
    expect([tooMany.answer.status, tooMany.answer.message?.error?.code], tooMany.answer.text).toEqual([429, -32000]);
    const streams = [];
    for (const { headers } of sessions) streams.push(await openEvents(url(), "GET", headers));
    expect(streams.map(({ status }) => status)).toEqual([...Array(16).fill(200), ...Array(48).fill(429)]);
    // One session again and again: the newest takes over, and the one before ends.
    const headers = sessions[0]?.headers ?? {};
    let last = streams[0];
    for (let n = 0; n < 500; n++) {
      const next = await openEvents(url(), "GET", headers);
      expect(next.status).toBe(200);
      await last?.ended;
      last = next;
    }
    clock.advance(1_500);
    expect((await openEvents(url(), "GET", sessions[40]?.headers ?? {})).status).toBe(429);
    expect(await refusals(since)).toBe(1 + 48 + 1);
    const eve = await session(await gate.token({ user: "eve" }));
    expect((await openEvents(url(), "GET", eve.headers)).status).toBe(200);
    expect(
      told(
        await gate.client.post(
          JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "echo" } }),
          { ...headers, accept: "application/json" },
          "desk",
        ),
      ).effect,
    ).toBe("allow");
    for (const stream of [...streams, last]) stream?.drop();
  });
});

describe("a client that does not read", () => {
  const desk = wholeCompany.servers.desk ?? { tools: {} };
  const company: Company = { servers: { ...wholeCompany.servers, desk: { ...desk, row: { ...desk.row, max_result_bytes: 64 * MEBI } } } };
  const step = `data: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"$TOKEN","progress":1,"message":"${"x".repeat(2_000)}"}}\n\n`;
  const tail = 'data: {"jsonrpc":"2.0","id":$ID,"result":{"content":[]}}\n\n';

  /** Sends a call and reads nothing of its answer, until the function given back is called: it tells what was left to read, to the end. */
  function unread(headers: Headers, body: string): () => Promise<{ readonly bytes: number; readonly whole: boolean }> {
    const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
    const sent = request(url(), { method: "POST", headers: Object.fromEntries(given), agent: false });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      sent.once("response", (response) => resolve(response.pause())).once("error", reject);
    });
    sent.end(body);
    return async () => {
      const response = await answered;
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
      });
      await new Promise((resolve) => response.once("close", resolve).on("error", resolve).resume());
      return { bytes, whole: response.complete };
    };
  }

  test.each(clientEras)("is cut off in the era %s before it costs much, while others are served", async (era) => {
    gate = await startGate({ ...whole, company });
    const server = gate.servers.desk;
    server?.answer("echo", { kind: "flood", contentType: "text/event-stream", chunk: step, bytes: 30 * MEBI, tail });
    const token = await gate.token();
    const params = { name: "echo", arguments: {}, _meta: { progressToken: "p", ...(era === "stateless" ? meta : {}) } };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 9, method: "tools/call", params });
    const own =
      era === "session"
        ? { ...(await session(token)).headers, accept: "application/json, text/event-stream" }
        : { ...plainHeaders(token), "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "echo" };
    const others = { token: await gate.token({ user: "eve" }), door: "desk", era } as const;
    await askProperly(gate, "tools/call", { name: "note", arguments: {} }, others);
    let rest: ReturnType<typeof unread> | undefined;
    const held = await mostHeldDuring(
      (async () => {
        rest = unread(own, body);
        await server?.when(() => server.floods.length === 1);
        expect(told(await askProperly(gate, "tools/call", { name: "note", arguments: {} }, others)).effect).toBe("allow");
        await server?.when(() => server.floods[0]?.over === true);
      })(),
    );
    expect(held).toBeLessThan(40 * MEBI);
    const effect = era === "session" ? "allow" : "cancelled";
    await vi.waitFor(async () => {
      const outcomes = (await gate.records()).filter(({ kind, target }) => kind === "outcome" && target === "desk.echo");
      expect(outcomes).toMatchObject([{ effect }]);
    });
    const left = await rest?.();
    expect(left?.whole).toBe(false);
    expect(left?.bytes).toBeLessThan(20 * MEBI);
    expect(server?.calls.filter(({ tool }) => tool === "echo")).toHaveLength(1);
    expect(await gate.verify()).toMatchObject({ ok: true, pairs: { withoutOutcome: { count: 0 } } });
  });
});
