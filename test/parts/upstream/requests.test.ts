import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ClientCapabilities } from "../../../src/core/client.ts";
import type { UpstreamAsk } from "../../../src/parts/upstream/index.ts";
import { call, closing, harness, overHttp, told } from "./harness.ts";
import { type Post, type RawOptions, startRaw } from "./raw-server.ts";

const asks: [string, UpstreamAsk, string | undefined][] = [
  ["prompts/get", { method: "prompts/get", paramsText: '"name":"sum","arguments":{"a":"1"}', name: "sum" }, "sum"],
  ["resources/read", { method: "resources/read", paramsText: '"uri":"file:///a%20b"', name: "file:///a%20b" }, "file:///a%20b"],
  [
    "completion/complete",
    { method: "completion/complete", paramsText: '"ref":{"type":"ref/prompt","name":"sum"}', name: "sum" },
    undefined,
  ],
  ["tasks/get", { method: "tasks/get", paramsText: '"taskId":"t-1"', name: "t-1" }, "t-1"],
  ["tasks/update", { method: "tasks/update", paramsText: '"taskId":"t-1","inputResponses":{}', name: "t-1" }, "t-1"],
  ["tasks/cancel", { method: "tasks/cancel", paramsText: '"taskId":"t-1"', name: "t-1" }, "t-1"],
];

async function start(era: "session" | "stateless", options: RawOptions = {}) {
  const reply = (post: Post) => post.reply(era === "stateless" ? { resultType: "complete" } : {});
  const on = Object.fromEntries(["tools/call", ...asks.map(([method]) => method)].map((method) => [method, reply]));
  return closing(await startRaw({ era, ...options, on: { ...on, ...options.on } }));
}

function meta({ message }: Post): Record<string, unknown> {
  return (message.params?._meta ?? {}) as Record<string, unknown>;
}

describe("a request other than a call of a tool", () => {
  it.each(asks)("goes to a stateless server as %s, with its text untouched and the headers of its method", async (method, ask, name) => {
    const crm = await start("stateless");
    const connection = harness().upstream.connect(overHttp(crm.url, "stateless"));
    expect(await told(connection, { ask, decisionId: "dec_9" })).toBe("result");
    const post = crm.of(method)[0];
    expect(post?.raw).toContain(
      `"params":{${"paramsText" in ask ? ask.paramsText : ""},"_meta":{"io.modelcontextprotocol/protocolVersion"`,
    );
    expect(post?.headers).toMatchObject({ "mcp-method": method, "toolgate-decision-id": "dec_9", "mcp-protocol-version": "2026-07-28" });
    expect(post?.headers["mcp-name"]).toBe(name);
  });

  it.each(asks)("goes to a server with sessions as %s, without what belongs to the other era", async (method, ask) => {
    const crm = await start("session");
    const connection = harness().upstream.connect(overHttp(crm.url, "session"));
    expect(await told(connection, { ask })).toBe("result");
    const post = crm.of(method)[0];
    expect(post?.raw).toContain(`"method":"${method}","params":{${"paramsText" in ask ? ask.paramsText : ""}}}`);
    expect(post?.headers).not.toHaveProperty("mcp-method");
    expect(post?.headers).not.toHaveProperty("mcp-name");
  });

  it("has a name in base64 where no header could carry it", async () => {
    const crm = await start("stateless");
    const name = "zusammenfassung über alles";
    const ask: UpstreamAsk = { method: "prompts/get", paramsText: `"name":${JSON.stringify(name)}`, name };
    await told(harness().upstream.connect(overHttp(crm.url, "stateless")), { ask });
    expect(crm.of("prompts/get")[0]?.headers["mcp-name"]).toBe(`=?base64?${Buffer.from(name).toString("base64")}?=`);
  });

  it("carries exactly its text, whatever that is", async () => {
    const crm = await start("session");
    const connection = harness().upstream.connect(overHttp(crm.url, "session"));
    const text = fc.dictionary(
      fc.string({ unit: "grapheme" }).filter((key) => key !== "_meta"),
      fc.jsonValue(),
      { minKeys: 1 },
    );
    await fc.assert(
      fc.asyncProperty(text, fc.boolean(), async (args, spread) => {
        const paramsText = `"name":"p","arguments":${JSON.stringify(args, null, spread ? 1 : undefined)}`;
        await connection.call(call({ ask: { method: "prompts/get", paramsText, name: "p" } }));
        expect(crm.of("prompts/get").at(-1)?.raw).toContain(`"params":{${paramsText}}`);
      }),
      { numRuns: 100 },
    );
  });
});

describe("the trace of a call", () => {
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  it.each(["session", "stateless"] as const)("is told to a server of the %s era in _meta, and only when there is one", async (era) => {
    const crm = await start(era);
    const connection = harness().upstream.connect(overHttp(crm.url, era));
    await told(connection, { traceparent, onProgress: () => {} });
    await told(connection);
    const metas = crm.of("tools/call").map(({ message }) => message.params?._meta);
    expect(metas[0]).toMatchObject({ traceparent, progressToken: crm.of("tools/call")[0]?.message.id });
    expect(metas[1] ?? {}).not.toHaveProperty("traceparent");
  });
});

describe("the capabilities of a client", () => {
  const client: ClientCapabilities = {
    elicitation: { form: true, url: false },
    sampling: { tools: true, context: false },
    roots: true,
    extensions: { "com.example/one": { level: 2 }, "com.example/two": {} },
  };
  const declared = (post: Post) => meta(post)["io.modelcontextprotocol/clientCapabilities"];

  it("are declared to a stateless server as far as its definition lets it ask", async () => {
    const crm = await start("stateless");
    const server = overHttp(crm.url, "stateless", {
      asks: ["elicitation", "sampling"],
      extensions: ["com.example/one", "com.example/three"],
    });
    const connection = harness().upstream.connect(server);
    await told(connection, { capabilities: client });
    await told(connection);
    await told(connection, { capabilities: { extensions: {}, elicitation: { form: false, url: false } } });
    expect(crm.of("tools/call").map(declared)).toEqual([
      { elicitation: { form: {} }, sampling: { tools: {} }, extensions: { "com.example/one": { level: 2 } } },
      {},
      {},
    ]);
  });

  it("are nothing to a server that may ask for nothing", async () => {
    const crm = await start("stateless");
    await told(harness().upstream.connect(overHttp(crm.url, "stateless")), { capabilities: client });
    expect(crm.of("tools/call").map(declared)).toEqual([{}]);
  });

  it("are, where lists are read, all that the definition allows, because no client stands behind it", async () => {
    const crm = await start("stateless", { capabilities: { tools: {}, prompts: {} } });
    const server = overHttp(crm.url, "stateless", { asks: ["elicitation", "roots", "sampling"], extensions: ["com.example/one"] });
    await harness().upstream.connect(server).listing();
    const all = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {}, extensions: { "com.example/one": {} } };
    for (const method of ["server/discover", "tools/list", "prompts/list"]) expect(crm.of(method).map(declared)).toEqual([all]);
  });

  it("of a server's extensions, those are offered that it declared and that are passed through", async () => {
    const crm = await start("stateless", {
      capabilities: {
        tools: {},
        completions: {},
        logging: {},
        resources: { subscribe: true },
        extensions: { "com.example/one": { v: 1 }, "com.example/two": {} },
      },
    });
    const listing = await harness()
      .upstream.connect(overHttp(crm.url, "stateless", { extensions: ["com.example/one", "com.example/other"] }))
      .listing();
    expect(listing).toMatchObject({
      ok: true,
      value: { offers: { completions: true, logging: true, subscriptions: true, extensions: { "com.example/one": { v: 1 } } } },
    });
    expect(listing.ok && Object.keys(listing.value.offers.extensions)).toEqual(["com.example/one"]);
  });
});

describe("a call that is resumed", () => {
  const resumed = { inputResponses: { who: { action: "accept", content: { name: "Ann" } } }, requestState: 'state "1"' };

  it("brings responses and state back to a stateless server as members of its params", async () => {
    const crm = await start("stateless");
    const connection = harness().upstream.connect(overHttp(crm.url, "stateless"));
    await told(connection, { resumed });
    await told(connection, { resumed: { requestState: "s" }, ask: { method: "prompts/get", paramsText: '"name":"p"', name: "p" } });
    await told(connection, { resumed: { inputResponses: {} }, argsText: undefined });
    expect(crm.of("tools/call")[0]?.message.params).toMatchObject({ name: "echo", arguments: { n: 1 }, ...resumed });
    expect(crm.of("prompts/get")[0]?.message.params).toMatchObject({ name: "p", requestState: "s" });
    expect(crm.of("tools/call")[1]?.message.params).toMatchObject({ name: "echo", inputResponses: {} });
  });

  it("does not reach a server with sessions, which never asked so", async () => {
    const crm = await start("session");
    const connection = harness().upstream.connect(overHttp(crm.url, "session"));
    expect(await told(connection, { resumed })).toBe("upstream.unavailable not dispatched");
    expect(crm.of("tools/call")).toEqual([]);
  });
});

describe("log messages of a server", () => {
  const log = (level: unknown, data: unknown, logger?: unknown) => ({
    jsonrpc: "2.0",
    method: "notifications/message",
    params: { level, data, logger },
  });

  it.each(["session", "stateless"] as const)("on the stream of a call in the %s era are its own", async (era) => {
    const crm = await start(era, {
      on: {
        "tools/call": (post) => {
          post.event(log("info", { rows: [1, null] }, "db"));
          post.event(log("loud", "no such level"));
          post.event(log("error", undefined));
          post.event('{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":{"a":1,"a":2}}}');
          post.event(log("emergency", "text", 7));
          post.finish({ resultType: "complete" });
        },
      },
    });
    const logs: unknown[] = [];
    expect(await told(harness().upstream.connect(overHttp(crm.url, era)), { onLog: (one) => logs.push(one) })).toBe("result");
    expect(logs).toEqual([
      { level: "info", data: { rows: [1, null] }, logger: "db" },
      { level: "emergency", data: "text" },
    ]);
  });

  it("are asked of a stateless server with the level, and not where nobody listens", async () => {
    const crm = await start("stateless");
    const connection = harness().upstream.connect(overHttp(crm.url, "stateless"));
    await told(connection, { onLog: () => {}, logLevel: "warning" });
    await told(connection, { onLog: () => {} });
    await told(connection, { logLevel: "warning" });
    const level = (post: Post) => meta(post)["io.modelcontextprotocol/logLevel"];
    expect(crm.of("tools/call").map(level)).toEqual(["warning", "debug", undefined]);
  });

  it("are asked of a server with sessions once for a link, and it does not matter what it says to that", async () => {
    const crm = await start("session", { capabilities: { tools: {}, logging: {} }, on: { "logging/setLevel": () => {} } });
    const connection = harness().upstream.connect(overHttp(crm.url, "session"));
    await told(connection);
    expect(crm.of("logging/setLevel")).toEqual([]);
    expect(await told(connection, { onLog: () => {} })).toBe("result");
    expect(await told(connection, { onLog: () => {} })).toBe("result");
    await crm.when(() => crm.of("logging/setLevel").length === 1);
    expect(crm.of("logging/setLevel")[0]?.message.params).toEqual({ level: "debug" });
  });

  it("are not asked of a server that declares none", async () => {
    const crm = await start("session");
    const connection = harness().upstream.connect(overHttp(crm.url, "session"));
    await told(connection, { onLog: () => {} });
    await told(connection);
    expect(crm.of("logging/setLevel")).toEqual([]);
  });

  it("on a stream that belongs to no call are nobody's", async () => {
    const crm = await start("session", { capabilities: { tools: { listChanged: true } } });
    const connection = harness().upstream.connect(overHttp(crm.url, "session"));
    const logs: unknown[] = [];
    await told(connection, { onLog: (one) => logs.push(one) });
    await crm.when(() => crm.streams.size === 1);
    crm.push(log("info", "whose?"));
    await told(connection, { onLog: (one) => logs.push(one) });
    expect(logs).toEqual([]);
  });
});

describe("what comes before an answer", () => {
  it("is bounded in number", async () => {
    const crm = await start("session", {
      on: {
        "tools/call": (post) => {
          const one = 'data: {"jsonrpc":"2.0","method":"x"}\n\n';
          post.response.writeHead(200, { "content-type": "text/event-stream" });
          post.response.end(one.repeat(20_001));
        },
      },
    });
    expect(await told(harness().upstream.connect(overHttp(crm.url, "session")))).toBe("upstream.invalid_answer dispatched");
  });

  it("is bounded in bytes, also when the stream never ends", async () => {
    const crm = await start("session", {
      on: {
        "tools/call": (post) => {
          const line = `data: {"jsonrpc":"2.0","method":"x","params":"${"x".repeat(60_000)}"}\n\n`;
          post.response.writeHead(200, { "content-type": "text/event-stream" });
          const more = () => {
            while (!post.response.destroyed && post.response.write(line));
            if (!post.response.destroyed) post.response.once("drain", more);
          };
          more();
        },
      },
    });
    expect(await told(harness().upstream.connect(overHttp(crm.url, "session")))).toBe("upstream.too_large dispatched");
  });

  it("may be another answer: the first with the right form counts, and what follows is nobody's", async () => {
    const crm = await start("session", {
      on: {
        "tools/call": (post) => {
          post.event({ jsonrpc: "2.0", id: post.message.id, result: { content: ["first"] } });
          post.finish({ content: ["second"] });
        },
      },
    });
    const reply = await harness().upstream.connect(overHttp(crm.url, "session")).call(call());
    expect(reply).toMatchObject({ ok: true, value: { outcome: { result: { content: ["first"] } } } });
  });

  it("and answers another request is refused", async () => {
    const crm = await start("session", {
      on: {
        "tools/call": (post) => {
          post.event({ jsonrpc: "2.0", id: 999, result: { content: ["not yours"] } });
          post.finish({ content: [] });
        },
      },
    });
    expect(await told(harness().upstream.connect(overHttp(crm.url, "session")))).toBe("upstream.invalid_answer dispatched");
  });
});
