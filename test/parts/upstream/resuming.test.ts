import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { call, closing, harness, overHttp, told } from "./harness.ts";
import { type Post, type RawOptions, startRaw } from "./raw-server.ts";

/** The beginning of a stream that says where it can be taken up again, and ends. */
function begin(post: Post, id = "e-1"): void {
  post.response.writeHead(200, { "content-type": "text/event-stream" });
  post.response.end(`id: ${id}\nretry: 50\ndata: \n\n`);
}

function events(response: ServerResponse, ...lines: readonly string[]): void {
  response.writeHead(200, { "content-type": "text/event-stream" }).end(lines.map((line) => `${line}\n\n`).join(""));
}

async function start(onResume: NonNullable<RawOptions["onResume"]>, options: RawOptions = {}) {
  const seen: string[] = [];
  const resume: typeof onResume = (id, response) => {
    seen.push(id);
    onResume(id, response);
  };
  const crm = closing(await startRaw({ ...options, on: { "tools/call": (post) => begin(post), ...options.on }, onResume: resume }));
  return { crm, seen };
}

describe("a stream of a server with sessions that ends before the answer", () => {
  it("is taken up again after the event that came last, until the answer is there", async () => {
    const { crm, seen } = await start((id, response) => {
      const token = crm.of("tools/call")[0]?.message.id;
      const progress = JSON.stringify({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: token, progress: 1 } });
      const answer = JSON.stringify({ jsonrpc: "2.0", id: token, result: { content: ["there"] } });
      if (id === "e-1") events(response, `id: e-2\nretry: 50\ndata: ${progress}`);
      else events(response, `data: ${answer}`);
    });
    const steps: unknown[] = [];
    const reply = await harness()
      .upstream.connect(overHttp(crm.url, "session"))
      .call(call({ onProgress: (step) => steps.push(step) }));
    expect(reply).toMatchObject({ ok: true, value: { outcome: { result: { content: ["there"] } } } });
    expect(seen).toEqual(["e-1", "e-2"]);
    expect(steps).toEqual([{ progress: 1 }]);
    // The call itself was sent once.
    expect(crm.of("tools/call")).toHaveLength(1);
  });

  it("tells once that bytes may have left", async () => {
    const { crm } = await start((_id, response) => {
      events(response, `data: ${JSON.stringify({ jsonrpc: "2.0", id: crm.of("tools/call")[0]?.message.id, result: {} })}`);
    });
    let dispatched = 0;
    await told(harness().upstream.connect(overHttp(crm.url, "session")), { onDispatch: () => dispatched++ });
    expect(dispatched).toBe(1);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ["404", (response) => response.writeHead(404).end()],
    ["405", (response) => response.writeHead(405).end()],
    ["JSON", (response) => response.writeHead(200, { "content-type": "application/json" }).end("{}")],
  ])("fails where the server goes on with %s", async (_name, answer) => {
    const { crm, seen } = await start((_id, response) => answer(response));
    expect(await told(harness().upstream.connect(overHttp(crm.url, "session")))).toBe("upstream.unavailable dispatched");
    expect(seen).toEqual(["e-1"]);
  });

  it("is given up with the deadline of the call, however often it is taken up", async () => {
    const { crm, seen } = await start((_id, response) => events(response, "id: e-1\nretry: 50\ndata: "));
    expect(await told(harness().upstream.connect(overHttp(crm.url, "session")), { timeoutMs: 200 })).toBe("upstream.timeout dispatched");
    expect(seen.length).toBeLessThan(5);
  });

  it("is not taken up where no event had an id that a header carries", async () => {
    const { crm, seen } = await start((_id, response) => response.writeHead(404).end(), {
      on: { "tools/call": (post) => begin(post, "ü") },
    });
    expect(await told(harness().upstream.connect(overHttp(crm.url, "session")))).toBe("upstream.unavailable dispatched");
    expect(seen).toEqual([]);
  });

  it("is not taken up in the stateless era, which has no such thing", async () => {
    const { crm, seen } = await start((_id, response) => response.writeHead(404).end(), { era: "stateless" });
    expect(await told(harness().upstream.connect(overHttp(crm.url, "stateless")))).toBe("upstream.unavailable dispatched");
    expect(seen).toEqual([]);
  });
});

describe("the stream on which a server speaks unasked", () => {
  it("goes on after the event that came last when it is opened again", async () => {
    const { crm, seen } = await start(() => {}, { capabilities: { tools: { listChanged: true } } });
    const { upstream, later, when } = harness();
    await upstream.connect(overHttp(crm.url, "session")).listing();
    await crm.when(() => crm.streams.size === 1);
    for (const stream of crm.streams) stream.end("id: n-7\nretry: 5000\ndata: \n\n");
    await when(() => later.length === 1);
    // The server wants to be left alone for longer than we would.
    expect(later[0]?.ms).toBe(5_000);
    later.splice(0)[0]?.run();
    await crm.when(() => seen.length === 1);
    expect(seen).toEqual(["n-7"]);
  });
});
