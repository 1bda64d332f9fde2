import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { SSEServerTransport } from "@modelcontextprotocol/sdk/server/sse.js";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { ServerDefinition } from "../../../src/core/server.ts";
import { call, closing, definition, type Harness, harness, type Over, overHttp, told } from "./harness.ts";
import { startRaw } from "./raw-server.ts";
import { type RawSseOptions, type SsePosted, startRawSse } from "./raw-sse.ts";

const accepted = { kind: "result", result: { action: "accept", content: { name: "Ann" } } } as const;

function overSse(url: string, over: Partial<ServerDefinition> = {}): ServerDefinition {
  return definition({ kind: "sse", place: { url }, hostClass: "loopback", era: "session" }, over);
}

async function start(options: RawSseOptions = {}, over: Partial<ServerDefinition> = {}, config: unknown = {}) {
  const crm = closing(await startRawSse(options));
  const run: Harness = harness(config);
  return { crm, ...run, connection: run.upstream.connect(overSse(crm.url, over)) };
}

/** Takes the POST, and leaves the answer to the test. */
const take = (post: SsePosted) => post.response.writeHead(202).end();

async function startSdkSse() {
  const streams = new Map<string, SSEServerTransport>();
  const http = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    if (request.method === "POST") {
      await streams.get(url.searchParams.get("sessionId") ?? "")?.handlePostMessage(request, response);
      return;
    }
    const server = new McpServer({ name: "sse", version: "1" });
    const tool = server.registerTool("add", { inputSchema: { a: z.number(), b: z.number() } }, ({ a, b }) => ({
      content: [{ type: "text", text: String(a + b) }],
    }));
    server.registerTool("count", {}, async ({ _meta, sendNotification }) => {
      for (const progress of [1, 2]) {
        await sendNotification({ method: "notifications/progress", params: { progressToken: _meta?.progressToken ?? 0, progress } });
      }
      return { content: [] };
    });
    server.registerTool("rename", {}, () => {
      tool.update({ name: "sum" });
      return { content: [] };
    });
    server.registerTool("ask", {}, async () => {
      const answer = await server.server.elicitInput({ message: "Who?", requestedSchema: { type: "object", properties: {} } });
      return { content: [{ type: "text", text: JSON.stringify(answer) }] };
    });
    const transport = new SSEServerTransport("/messages", response);
    streams.set(transport.sessionId, transport);
    await server.connect(transport);
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(http.address() as AddressInfo).port}/sse`,
    async close() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

describe("a server on the official SDK over HTTP with SSE", () => {
  async function sdk(over: Partial<ServerDefinition> = {}) {
    const server = closing(await startSdkSse());
    const run = harness();
    return { ...run, connection: run.upstream.connect(overSse(server.url, over)) };
  }

  it("is listed and called", async () => {
    const { connection } = await sdk();
    const listing = await connection.listing();
    expect(listing).toMatchObject({ ok: true, value: { era: "session" } });
    expect([...(connection.current()?.tools.keys() ?? [])]).toEqual(["add", "count", "rename", "ask"]);
    const reply = await connection.call(call({ tool: "add", argsText: '{"a":2,"b":40}' }));
    expect(reply).toMatchObject({
      ok: true,
      value: { era: "session", outcome: { kind: "result", result: { content: [{ text: "42" }] } } },
    });
  });

  it("answers many calls at once, each with its own answer", async () => {
    const { connection } = await sdk();
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, n) => connection.call(call({ tool: "add", argsText: `{"a":${n},"b":1}` }))),
    );
    const texts = replies.map((reply) => reply.ok && reply.value.outcome.kind === "result" && reply.value.outcome.result.content);
    expect(texts).toEqual(replies.map((_, n) => [{ type: "text", text: String(n + 1) }]));
  });

  it("gives its progress to the call that it belongs to", async () => {
    const { connection } = await sdk();
    const steps: number[] = [];
    const over: Over = { tool: "count", argsText: "{}", onProgress: ({ progress }) => steps.push(progress) };
    expect(await told(connection, over)).toBe("result");
    expect(steps).toEqual([1, 2]);
  });

  it("tells that its tools changed", async () => {
    const { connection, when, changed } = await sdk();
    await connection.listing();
    expect(await told(connection, { tool: "rename", argsText: "{}" })).toBe("result");
    await when(() => changed.length === 2);
    expect([...(connection.current()?.tools.keys() ?? [])]).toContain("sum");
  });

  it("that asks during the only call is answered by its client", async () => {
    const { connection, asked } = await sdk({ asks: ["elicitation"] });
    const reply = await connection.call(call({ tool: "ask", argsText: "{}", onQuestion: () => Promise.resolve(accepted) }));
    expect(reply).toMatchObject({ ok: true, value: { outcome: { result: { content: [{ text: expect.stringContaining("Ann") }] } } } });
    expect(asked).toEqual([]);
  });
});

describe("a server over HTTP with SSE", () => {
  it("of 2024-11-05 is initialized, and gets the credential on its stream and with each message", async () => {
    const credential = { authorization: "Bearer s3cr3t" };
    const crm = closing(await startRawSse());
    const { upstream } = harness({}, { credentialFor: () => Promise.resolve({ ok: true, value: credential }) });
    const connection = upstream.connect(overSse(crm.url));
    expect(await connection.listing()).toMatchObject({ ok: true, value: { era: "session", protocolVersion: "2024-11-05" } });
    expect(await told(connection, { credential: { authorization: "Bearer other" } })).toBe("result");
    expect(crm.opened).toHaveLength(1);
    expect(crm.opened[0]?.headers).toMatchObject({ accept: "text/event-stream", authorization: "Bearer s3cr3t" });
    expect(crm.posts.map(({ message, path, headers }) => [message.method, path, headers.authorization])).toEqual([
      ["initialize", "/messages?session=1", "Bearer s3cr3t"],
      ["notifications/initialized", "/messages?session=1", "Bearer s3cr3t"],
      ["tools/list", "/messages?session=1", "Bearer s3cr3t"],
      ["tools/call", "/messages?session=1", "Bearer other"],
    ]);
    expect(crm.of("tools/call")[0]?.headers["toolgate-decision-id"]).toBe("dec_1");
  });

  it("may take a message with 200 and say something that nobody reads", async () => {
    const { connection } = await start({
      on: {
        "tools/call": (post) => {
          post.response.writeHead(200, { "content-type": "application/json" }).end('{"jsonrpc":"2.0","id":99,"result":{}}');
          post.reply({ content: [] });
        },
      },
    });
    expect(await told(connection)).toBe("result");
  });

  it("is the only one that may speak 2024-11-05", async () => {
    const crm = closing(
      await startRaw({
        on: {
          initialize: (post) => post.reply({ protocolVersion: "2024-11-05", capabilities: {}, serverInfo: { name: "raw", version: "1" } }),
        },
      }),
    );
    expect(await told(harness().upstream.connect(overHttp(crm.url, "session")))).toBe("upstream.invalid_answer not dispatched");
  });
});

describe("a server over HTTP with SSE that misbehaves", () => {
  it("SSRF by the server: naming an endpoint of another origin is refused, and the other origin sees nothing", async () => {
    let seen = 0;
    const other = createServer((_request, response) => {
      seen++;
      response.writeHead(202).end();
    });
    other.on("connection", () => seen++);
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    closing({ close: () => new Promise((resolve) => other.close(resolve)) });
    const { port } = other.address() as AddressInfo;
    for (const endpoint of [`http://127.0.0.1:${port}/messages`, `//127.0.0.1:${port}/messages`]) {
      const { crm, connection } = await start({ onOpen: (stream) => stream.event(endpoint, "endpoint") });
      expect(await told(connection)).toBe("upstream.wrong_place not dispatched");
      expect(crm.posts).toEqual([]);
    }
    expect(seen).toBe(0);
  });

  const endpoints: [string, string][] = [
    ["with another scheme", "file:///etc/passwd"],
    ["that is no URL", "http://["],
    ["of a megabyte", `/${"x".repeat(1_000_000)}`],
  ];
  it.each(endpoints)("by an endpoint %s is sent nothing", async (_name, endpoint) => {
    const { crm, connection } = await start({ onOpen: (stream) => stream.event(endpoint, "endpoint") });
    expect(await told(connection)).toBe("upstream.wrong_place not dispatched");
    expect(crm.posts).toEqual([]);
  });

  it("by an endpoint with a password is sent nothing", async () => {
    const { crm, connection } = await start({
      onOpen: (stream) => stream.event(`http://a:b@${stream.headers.host}/messages`, "endpoint"),
    });
    expect(await told(connection)).toBe("upstream.wrong_place not dispatched");
    expect(crm.posts).toEqual([]);
  });

  it("by naming another endpoint later is sent messages where it said first", async () => {
    const { crm, connection } = await start({
      onOpen(stream) {
        stream.event("/messages?session=1", "endpoint");
        stream.event("/other?session=1", "endpoint");
      },
    });
    expect(await told(connection)).toBe("result");
    expect(new Set(crm.posts.map(({ path }) => path))).toEqual(new Set(["/messages?session=1"]));
  });

  it("by naming no endpoint is given up in bounded time", async () => {
    const { crm, connection } = await start(
      { onOpen: (stream) => stream.event({ jsonrpc: "2.0", id: 1, result: {} }) },
      {},
      { handshake_timeout_ms: 50 },
    );
    const reply = await connection.call(call());
    expect(reply).toMatchObject({
      ok: false,
      error: { code: "upstream.timeout", dispatched: false, detail: "no endpoint event within 50 ms" },
    });
    await crm.when(() => crm.opened[0]?.response.closed === true);
    expect(crm.posts).toEqual([]);
  });

  const refusals: [string, number, string, string][] = [
    ["status 401", 401, "text/event-stream", "upstream.unauthorized not dispatched"],
    ["status 503", 503, "text/event-stream", "upstream.unavailable not dispatched"],
    ["a redirect, which is not followed", 307, "text/event-stream", "upstream.invalid_answer not dispatched"],
    ["something that is no stream", 200, "text/html", "upstream.invalid_answer not dispatched"],
  ];
  it.each(refusals)("by answering the opening with %s is sent nothing", async (_name, status, type, code) => {
    const { crm, connection } = await start({
      onOpen: ({ response }) => {
        response.writeHead(status, { "content-type": type, location: "/elsewhere" }).end("<p>");
      },
    });
    expect(await told(connection)).toBe(code);
    expect(crm.opened).toHaveLength(1);
    expect(crm.posts).toEqual([]);
  });

  it("by an event without an end costs bounded memory, and everything that waits is refused", async () => {
    const { crm, connection, later, clock } = await start(
      {
        on: {
          "tools/call": (post) => {
            take(post);
            if (crm.of("tools/call").length > 1) {
              post.reply({ content: [] });
              return;
            }
            const { response } = post.stream;
            response.write('data: {"jsonrpc":"2.0","id":3,"result":{"content":["');
            const part = "x".repeat(1_000_000);
            const more = () => {
              for (let i = 0; i < 10 && !response.destroyed; i++) response.write(part);
              if (!response.destroyed) setImmediate(more);
            };
            more();
          },
        },
      },
      { maxResultBytes: 100_000 },
      { list_max_bytes: 200_000 },
    );
    expect(await told(connection, { timeoutMs: 60_000 })).toBe("upstream.too_large dispatched");
    clock.advance(1_000);
    for (const { run } of later.splice(0)) run();
    expect(await told(connection)).toBe("result");
  });

  it("by an event of 100 MB is refused, and the next call works on another stream", async () => {
    const { crm, connection, clock } = await start(
      {
        on: {
          "tools/call": (post) => {
            take(post);
            if (crm.of("tools/call").length === 1) post.reply({ content: ["x".repeat(100_000_000)] });
            else post.reply({ content: [] });
          },
        },
      },
      { maxResultBytes: 100_000 },
      { list_max_bytes: 200_000 },
    );
    expect(await told(connection, { timeoutMs: 60_000 })).toBe("upstream.too_large dispatched");
    clock.advance(1_000);
    expect(await told(connection)).toBe("result");
    expect(crm.opened).toHaveLength(2);
  });

  it("by more bytes than one call may have loses that call only", async () => {
    const { crm, connection } = await start(
      {
        on: {
          "tools/call": (post) => {
            take(post);
            post.reply({ content: crm.of("tools/call").length === 1 ? ["x".repeat(3_000)] : [] });
          },
        },
      },
      { maxResultBytes: 2_000 },
    );
    expect(await told(connection)).toBe("upstream.too_large dispatched");
    expect(await told(connection)).toBe("result");
    expect(crm.opened).toHaveLength(1);
  });

  it("by cutting its stream loses every call, and is opened again later and later", async () => {
    let cut = true;
    const { crm, connection, later, clock, when, changed } = await start(
      {
        on: {
          "tools/call": (post) => {
            take(post);
            if (!cut) post.reply({ content: [] });
            else if (post.message.params?.arguments !== undefined && crm.of("tools/call").length % 2 === 0) post.stream.end();
          },
        },
      },
      {},
      { breaker: { failures: 100 } },
    );
    await connection.listing();
    for (const wait of [1_000, 2_000, 4_000]) {
      const both = await Promise.all([told(connection), told(connection)]);
      expect(both).toEqual(["upstream.unavailable dispatched", "upstream.unavailable dispatched"]);
      expect(connection.current()).toBeUndefined();
      expect(await told(connection)).toBe("upstream.unavailable not dispatched");
      expect(later.map(({ ms }) => ms)).toEqual([wait]);
      clock.advance(wait);
      later.splice(0)[0]?.run();
      expect((await connection.listing()).ok).toBe(true);
    }
    cut = false;
    expect(await told(connection)).toBe("result");
    expect(crm.opened).toHaveLength(4);
    expect(crm.of("initialize")).toHaveLength(4);
    await when(() => changed.length > 0);
  });

  it("by an answer to another id, or to none, is not believed", async () => {
    const { connection } = await start({
      on: {
        "tools/call": (post) => {
          take(post);
          for (const id of [Number(post.message.id) + 1, String(post.message.id), null])
            post.stream.event({ jsonrpc: "2.0", id, result: { content: ["not this"] } });
          post.reply({ content: ["this"] });
        },
      },
    });
    const reply = await connection.call(call());
    expect(reply).toMatchObject({ ok: true, value: { outcome: { result: { content: ["this"] } } } });
  });

  it("by answering twice is believed the first time", async () => {
    const { connection } = await start({
      on: {
        "tools/call": (post) => {
          take(post);
          post.reply({ content: ["first"] });
          post.reply({ content: ["second"] });
        },
      },
    });
    const reply = await connection.call(call());
    expect(reply).toMatchObject({ ok: true, value: { outcome: { result: { content: ["first"] } } } });
    expect(await told(connection)).toBe("result");
  });

  const statuses: [string, number, string][] = [
    ["500", 500, "upstream.unavailable dispatched"],
    ["403", 403, "upstream.unauthorized dispatched"],
    ["404, as one that forgot the session", 404, "upstream.unavailable dispatched"],
    ["a redirect, which is not followed", 308, "upstream.invalid_answer dispatched"],
  ];
  it.each(statuses)("by answering a message with status %s is refused", async (_name, status, code) => {
    const { crm, connection } = await start({
      on: { "tools/call": ({ response }) => response.writeHead(status, { location: "/elsewhere" }).end() },
    });
    expect(await told(connection)).toBe(code);
    expect(crm.of("tools/call")).toHaveLength(1);
  });

  it("by not answering is told that the call is cancelled", async () => {
    const { crm, connection } = await start({ on: { "tools/call": take } });
    await connection.listing();
    expect(await told(connection, { timeoutMs: 40 })).toBe("upstream.timeout dispatched");
    await crm.when(() => crm.of("notifications/cancelled").length === 1);
    expect(crm.of("notifications/cancelled")[0]?.message.params?.requestId).toBe(crm.of("tools/call")[0]?.message.id);
  });

  it("by asking during one of two calls is refused, because nothing says whose question it is", async () => {
    const { crm, connection, asked } = await start(
      {
        on: {
          "tools/call": (post) => {
            take(post);
            if (crm.of("tools/call").length === 2) {
              post.stream.event({
                jsonrpc: "2.0",
                id: "q",
                method: "elicitation/create",
                params: { message: "Who?", requestedSchema: {} },
              });
            }
          },
        },
      },
      { asks: ["elicitation"] },
    );
    await connection.listing();
    const onQuestion = () => Promise.reject(new Error("nobody's"));
    const both = [connection.call(call({ onQuestion })), connection.call(call({ onQuestion }))];
    await crm.when(() => crm.of(undefined).length === 1);
    expect(crm.of(undefined)[0]?.message).toMatchObject({ id: "q", error: { code: -32601 } });
    expect(asked).toEqual([{ server: "crm", method: "elicitation/create" }]);
    for (const post of crm.of("tools/call")) post.reply({ content: [] });
    expect((await Promise.all(both)).map(({ ok }) => ok)).toEqual([true, true]);
  });

  it("by log messages that belong to nobody is heard by nobody, and is not asked for any", async () => {
    const { crm, connection } = await start({
      capabilities: { tools: {}, logging: {} },
      on: {
        "tools/call": (post) => {
          take(post);
          post.stream.event({ jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "whose?" } });
          post.reply({ content: [] });
        },
      },
    });
    const logs: unknown[] = [];
    expect(await told(connection, { onLog: (log) => logs.push(log) })).toBe("result");
    expect(logs).toEqual([]);
    expect(crm.of("logging/setLevel")).toEqual([]);
  });

  it("that was closed hears nothing more", async () => {
    const { crm, connection, upstream } = await start({ on: { "tools/call": take } });
    await connection.listing();
    const reply = told(connection);
    await crm.when(() => crm.of("tools/call").length === 1);
    await upstream.close();
    expect(await reply).toBe("upstream.unavailable dispatched");
    await crm.when(() => crm.opened[0]?.response.closed === true);
    expect(await told(connection)).toBe("upstream.unavailable not dispatched");
  });
});

describe("the place of a server over HTTP with SSE", () => {
  it("must be of the class that the bundle states", async () => {
    const crm = closing(await startRawSse());
    const { upstream } = harness({}, { resolve: (_host, callback) => callback(null, [{ address: "127.0.0.1", family: 4 }]) });
    const { port } = new URL(crm.url);
    for (const url of [crm.url, `http://crm.example:${port}/sse`]) {
      const server = definition({ kind: "sse", place: { url }, hostClass: "public", era: "session" });
      expect(await told(upstream.connect(server))).toBe("upstream.wrong_place not dispatched");
    }
    expect(crm.opened).toEqual([]);
  });
});
