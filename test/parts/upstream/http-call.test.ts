import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Behaviour,
  duplicateKey,
  huge,
  notJson,
  progress,
  rubbish,
  samplingAsked,
  startRecordingServer,
  unsafeInteger,
  wrongId,
} from "../../support/servers/index.ts";
import { call, closing, harness, overHttp, told } from "./harness.ts";

async function server(options: Parameters<typeof startRecordingServer>[0] = {}) {
  return closing(await startRecordingServer(options));
}

describe("a call over HTTP in the session era", () => {
  it("carries exactly the text of the arguments, whatever they are", async () => {
    const crm = await server();
    // Not the echo: arguments such as __proto__ would be refused as a result.
    crm.answer("echo", { kind: "result", result: { content: [] } });
    const connection = harness().upstream.connect(overHttp(crm.url));
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue()), fc.boolean(), async (args, spread) => {
        const argsText = JSON.stringify(args, null, spread ? 1 : undefined);
        const reply = await connection.call(call({ argsText }));
        expect(reply.ok).toBe(true);
        expect(crm.calls.at(-1)?.argsText).toBe(argsText);
        expect(crm.calls.at(-1)?.raw).toContain(`"arguments":${argsText}`);
      }),
      { numRuns: 200 },
    );
  });

  it("keeps number literals as policy saw them", async () => {
    const crm = await server();
    const connection = harness().upstream.connect(overHttp(crm.url));
    await connection.call(call({ argsText: '{"amount":1.50,"rate":1e3}' }));
    expect(crm.calls[0]?.argsText).toBe('{"amount":1.50,"rate":1e3}');
  });

  it("leaves the arguments out when there are none", async () => {
    const crm = await server();
    await harness()
      .upstream.connect(overHttp(crm.url))
      .call(call({ argsText: undefined }));
    expect(crm.calls[0]?.raw).toMatch(/"params":\{"name":"echo"\}\}$/);
  });

  it("names the decision, the protocol version and the session in headers, and shows the credential", async () => {
    const crm = await server();
    const connection = harness().upstream.connect(overHttp(crm.url));
    await connection.call(call({ decisionId: "dec_7", credential: { authorization: "Bearer company" } }));
    expect(crm.calls[0]?.headers).toMatchObject({
      "toolgate-decision-id": "dec_7",
      "mcp-protocol-version": "2025-11-25",
      authorization: "Bearer company",
    });
    expect(crm.calls[0]?.headers["mcp-session-id"]).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("declares no client capabilities", async () => {
    const crm = await server();
    await harness().upstream.connect(overHttp(crm.url)).call(call());
    const initialize = crm.received.find(({ message }) => message.method === "initialize");
    expect(initialize?.message.params?.capabilities).toEqual({});
  });

  it("speaks 2025-06-18 to a server that knows nothing newer", async () => {
    const crm = await server({ sessionVersion: "2025-06-18" });
    const connection = harness().upstream.connect(overHttp(crm.url));
    await connection.call(call());
    expect(crm.calls[0]?.headers["mcp-protocol-version"]).toBe("2025-06-18");
  });

  it("forwards the result in the server's own words", async () => {
    const crm = await server();
    crm.answer("echo", { kind: "raw", text: '{ "jsonrpc": "2.0", "result": {"content": [ ], "x": 1.10}, "id": $ID }' });
    const reply = await harness().upstream.connect(overHttp(crm.url)).call(call());
    expect(reply).toMatchObject({
      ok: true,
      value: { era: "session", status: 200, outcome: { kind: "result", text: '{"content": [ ], "x": 1.10}' } },
    });
  });

  it("keeps the literal of an integer that no double holds", async () => {
    const crm = await server();
    crm.answer("echo", unsafeInteger);
    const reply = await harness().upstream.connect(overHttp(crm.url)).call(call());
    expect(reply).toMatchObject({ ok: true, value: { outcome: { text: expect.stringContaining('"account":9007199254740993') } } });
  });

  it("gives a JSON-RPC error of the server as such, also with status 400", async () => {
    const crm = await server();
    const connection = harness().upstream.connect(overHttp(crm.url));
    crm.answer("echo", { kind: "error", code: -32602, message: "no", data: { field: "n" } });
    expect(await connection.call(call())).toMatchObject({
      ok: true,
      value: { outcome: { kind: "error", error: { code: -32602, message: "no", data: { field: "n" } } } },
    });
    crm.answer("echo", { kind: "raw", status: 400, text: '{"jsonrpc":"2.0","id":$ID,"error":{"code":-32600,"message":"bad"}}' });
    expect(await connection.call(call())).toMatchObject({ ok: true, value: { status: 400, outcome: { error: { code: -32600 } } } });
  });

  const refused: [string, Behaviour, string][] = [
    ["something that is no JSON", rubbish, "upstream.invalid_answer dispatched"],
    ["half a JSON text", notJson, "upstream.invalid_answer dispatched"],
    ["an answer for another id", wrongId, "upstream.invalid_answer dispatched"],
    ["a batch", { kind: "raw", text: '[{"jsonrpc":"2.0","id":$ID,"result":{}}]' }, "upstream.invalid_answer dispatched"],
    [
      "a result and an error",
      { kind: "raw", text: '{"jsonrpc":"2.0","id":$ID,"result":{},"error":{"code":1,"message":""}}' },
      "upstream.invalid_answer dispatched",
    ],
    ["a result that is a list", { kind: "raw", text: '{"jsonrpc":"2.0","id":$ID,"result":[]}' }, "upstream.invalid_answer dispatched"],
    [
      "the key __proto__",
      { kind: "raw", text: '{"jsonrpc":"2.0","id":$ID,"result":{"__proto__":{}}}' },
      "upstream.invalid_answer dispatched",
    ],
    [
      "half of a surrogate pair",
      { kind: "raw", text: '{"jsonrpc":"2.0","id":$ID,"result":{"a":"\\ud800"}}' },
      "upstream.invalid_answer dispatched",
    ],
    [
      "65 levels",
      { kind: "raw", text: `{"jsonrpc":"2.0","id":$ID,"result":{"a":${"[".repeat(65)}${"]".repeat(65)}}}` },
      "upstream.invalid_answer dispatched",
    ],
    ["a key twice", duplicateKey, "upstream.ambiguous dispatched"],
    [
      "a key twice once unescaped",
      { kind: "raw", text: '{"jsonrpc":"2.0","id":$ID,"result":{"a":1,"\\u0061":2}}' },
      "upstream.ambiguous dispatched",
    ],
    ["more bytes than allowed", huge(2_000_000), "upstream.too_large dispatched"],
    ["202 and nothing", { kind: "status", status: 202 }, "upstream.invalid_answer dispatched"],
    ["a redirect", { kind: "status", status: 307, headers: { location: "/elsewhere" } }, "upstream.invalid_answer dispatched"],
    ["401", { kind: "status", status: 401, headers: { "www-authenticate": "Bearer" } }, "upstream.unauthorized dispatched"],
    ["403", { kind: "status", status: 403 }, "upstream.unauthorized dispatched"],
    ["500", { kind: "status", status: 500 }, "upstream.unavailable dispatched"],
    ["429", { kind: "status", status: 429 }, "upstream.unavailable dispatched"],
    ["a cut connection", { kind: "drop" }, "upstream.unavailable dispatched"],
    ["a stream without the answer", { kind: "stream", before: [], noAnswer: true }, "upstream.unavailable dispatched"],
    [
      "a compressed body nobody asked for",
      { kind: "status", status: 200, headers: { "content-encoding": "gzip", "content-type": "application/json" } },
      "upstream.invalid_answer dispatched",
    ],
  ];
  it.each(refused)("answered with %s is refused", async (_name, behaviour, code) => {
    const crm = await server();
    const connection = harness().upstream.connect(overHttp(crm.url));
    expect(await told(connection)).toBe("result");
    crm.answer("echo", behaviour);
    expect(await told(connection)).toBe(code);
    // Whatever went wrong, it was sent once.
    expect(crm.calls).toHaveLength(2);
    expect(crm.requests.filter(({ path }) => path !== "/mcp")).toEqual([]);
  });

  it("that is not answered in time is given up, and the server is told", async () => {
    const crm = await server();
    const connection = harness().upstream.connect(overHttp(crm.url));
    expect(await told(connection)).toBe("result");
    crm.answer("echo", { kind: "hang" });
    expect(await told(connection, { timeoutMs: 40 })).toBe("upstream.timeout dispatched");
    const id = crm.calls.at(-1) && JSON.parse(crm.calls.at(-1)?.raw ?? "").id;
    await crm.when(() =>
      crm.received.some(({ message }) => message.method === "notifications/cancelled" && message.params?.requestId === id),
    );
    crm.answer("echo", { kind: "stall" });
    expect(await told(connection, { timeoutMs: 40 })).toBe("upstream.timeout dispatched");
  });

  it("that its caller gives up is cancelled at the server", async () => {
    const crm = await server();
    const connection = harness().upstream.connect(overHttp(crm.url));
    await connection.listing();
    crm.answer("echo", { kind: "hang" });
    const controller = new AbortController();
    const reply = told(connection, { signal: controller.signal });
    await crm.when(() => crm.calls.length === 1);
    controller.abort();
    expect(await reply).toBe("upstream.cancelled dispatched");
    await crm.when(() => crm.received.some(({ message }) => message.method === "notifications/cancelled"));
  });

  it("that was given up before it began reaches nobody", async () => {
    const crm = await server();
    const connection = harness().upstream.connect(overHttp(crm.url));
    expect(await told(connection, { signal: AbortSignal.abort() })).toBe("upstream.cancelled not dispatched");
    expect(crm.received).toEqual([]);
  });

  it("to a port where nobody listens is unavailable, and nothing was dispatched", async () => {
    const crm = await startRecordingServer();
    await crm.close();
    const dispatched: string[] = [];
    const connection = harness().upstream.connect(overHttp(crm.url));
    expect(await told(connection, { onDispatch: () => dispatched.push("now") })).toBe("upstream.unavailable not dispatched");
    expect(dispatched).toEqual([]);
  });

  it("tells right before bytes may leave, once", async () => {
    const crm = await server();
    const connection = harness().upstream.connect(overHttp(crm.url));
    const seen: number[] = [];
    await connection.call(call({ onDispatch: () => seen.push(crm.calls.length) }));
    expect(seen).toEqual([0]);
    expect(crm.calls).toHaveLength(1);
  });

  it("beyond the limit of calls at once is busy", async () => {
    const crm = await server();
    const connection = harness().upstream.connect(overHttp(crm.url, "auto", { maxConcurrent: 1 }));
    await connection.listing();
    crm.answer("echo", { kind: "hang" });
    const controller = new AbortController();
    const first = told(connection, { signal: controller.signal });
    await crm.when(() => crm.calls.length === 1);
    expect(await told(connection)).toBe("upstream.busy not dispatched");
    expect(crm.calls).toHaveLength(1);
    controller.abort();
    await first;
    crm.answer("echo", { kind: "echo" });
    expect(await told(connection)).toBe("result");
  });

  it("gets its progress in order, with a token of ours, and only its own", async () => {
    const crm = await server();
    const connection = harness().upstream.connect(overHttp(crm.url));
    const foreign = { jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: "foreign", progress: 9 } };
    const { before } = progress(3) as Extract<Behaviour, { kind: "stream" }>;
    crm.answer("echo", { kind: "stream", before: [foreign, ...before] });
    const seen: unknown[] = [];
    const reply = await connection.call(call({ onProgress: (step) => seen.push(step) }));
    expect(reply.ok).toBe(true);
    expect(seen).toEqual([1, 2, 3].map((n) => ({ progress: n, total: 3, message: `step ${n}` })));
  });

  it("sends no progress token when nobody listens", async () => {
    const crm = await server();
    await harness().upstream.connect(overHttp(crm.url)).call(call());
    expect(crm.calls[0]?.raw).not.toContain("progressToken");
  });

  it("answers what the server asks with -32601, reports it, and goes on", async () => {
    const crm = await server();
    const { upstream, asked } = harness();
    const connection = upstream.connect(overHttp(crm.url));
    crm.answer("echo", samplingAsked);
    expect(await told(connection)).toBe("result");
    expect(asked).toEqual([{ server: "crm", method: "sampling/createMessage" }]);
    await crm.when(() => crm.received.some(({ message }) => message.id === "ask-1"));
    expect(crm.received.find(({ message }) => message.id === "ask-1")?.message.error).toMatchObject({ code: -32601 });
  });

  it("answers a ping of the server without a report", async () => {
    const crm = await server();
    const { upstream, asked } = harness();
    crm.answer("echo", { kind: "stream", before: [{ jsonrpc: "2.0", id: "p", method: "ping" }] });
    expect(await told(upstream.connect(overHttp(crm.url)))).toBe("result");
    await crm.when(() => crm.received.some(({ message }) => message.id === "p"));
    expect(crm.received.find(({ message }) => message.id === "p")?.message).toMatchObject({ result: {} });
    expect(asked).toEqual([]);
  });

  it("after the server forgot the session opens a new one and is sent again", async () => {
    const crm = await server();
    const { upstream } = harness();
    const connection = upstream.connect(overHttp(crm.url));
    expect(await told(connection)).toBe("result");
    crm.forgetSessions();
    const dispatched: string[] = [];
    expect(await told(connection, { onDispatch: () => dispatched.push("now") })).toBe("result");
    expect(dispatched).toHaveLength(1);
    expect(crm.received.filter(({ message }) => message.method === "initialize")).toHaveLength(2);
    expect(crm.calls).toHaveLength(2);
  });

  it("is not sent again when the tool is another one after the session was lost", async () => {
    const crm = await server();
    const connection = harness().upstream.connect(overHttp(crm.url));
    await connection.listing();
    crm.forgetSessions();
    crm.setTools([{ name: "echo", description: "Now it does something else.", inputSchema: { type: "object" } }]);
    expect(await told(connection)).toBe("upstream.unavailable dispatched");
    expect(crm.calls).toHaveLength(0);
  });

  it("ends the session when the connection is closed", async () => {
    const crm = await server();
    const { upstream } = harness();
    await upstream.connect(overHttp(crm.url)).call(call());
    await upstream.close();
    expect(crm.requests.at(-1)?.method).toBe("DELETE");
    expect(await told(upstream.connect(overHttp(crm.url)))).toBe("upstream.unavailable not dispatched");
  });
});

describe("connections", () => {
  it("are the same for the same definition, also when it is another object", async () => {
    const crm = await server();
    const { upstream } = harness();
    expect(upstream.connect(overHttp(crm.url))).toBe(upstream.connect(overHttp(crm.url)));
  });

  it("whose definition went are closed once their calls have ended", async () => {
    const crm = await server();
    const { upstream } = harness();
    const connection = upstream.connect(overHttp(crm.url));
    await connection.listing();
    crm.answer("echo", { kind: "echo", delayMs: 20 });
    const reply = told(connection);
    upstream.retain([]);
    expect(await reply).toBe("result");
    await crm.when(() => crm.requests.some(({ method }) => method === "DELETE"));
    expect(await told(connection)).toBe("upstream.unavailable not dispatched");
  });

  it("stay open over a swap that keeps the definition", async () => {
    const crm = await server();
    const { upstream } = harness();
    const connection = upstream.connect(overHttp(crm.url));
    await connection.listing();
    upstream.retain([overHttp(crm.url)]);
    expect(await told(connection)).toBe("result");
    expect(crm.received.filter(({ message }) => message.method === "initialize")).toHaveLength(1);
  });

  it("to a dead server leave the others alone", async () => {
    const alive = await server();
    const dead = await startRecordingServer();
    await dead.close();
    const { upstream } = harness();
    const [first, second] = await Promise.all([
      upstream.connect(overHttp(dead.url, "auto", { id: "dead" })).listing(),
      upstream.connect(overHttp(alive.url)).listing(),
    ]);
    expect(first).toMatchObject({ ok: false, error: { code: "upstream.unavailable" } });
    expect(second.ok).toBe(true);
  });

  it("open with the credential of the server, and say so when it is missing", async () => {
    const crm = await server({ authorization: "Bearer company" });
    const credentialFor = async () => ({ ok: true, value: { authorization: "Bearer company" } }) as const;
    expect((await harness({}, { credentialFor }).upstream.connect(overHttp(crm.url)).listing()).ok).toBe(true);
    expect(await harness().upstream.connect(overHttp(crm.url)).listing()).toMatchObject({ error: { code: "upstream.unauthorized" } });
    const missing = async () => ({ ok: false, error: { detail: 'the secret "crm" is missing' } }) as const;
    const seen = crm.requests.length;
    const connection = harness({}, { credentialFor: missing }).upstream.connect(overHttp(crm.url));
    expect(await told(connection)).toBe("upstream.no_credential not dispatched");
    expect(crm.requests).toHaveLength(seen);
  });
});

describe("the breaker", () => {
  it("opens after calls in a row without an answer, lets one try later, and closes when that is answered", async () => {
    const crm = await server();
    const { upstream, clock } = harness({ breaker: { failures: 2, open_ms: 10_000 } });
    const connection = upstream.connect(overHttp(crm.url));
    expect(await told(connection)).toBe("result");
    crm.answer("echo", { kind: "status", status: 503 });
    expect(await told(connection)).toBe("upstream.unavailable dispatched");
    expect(await told(connection)).toBe("upstream.unavailable dispatched");
    expect(await told(connection)).toBe("upstream.circuit_open not dispatched");
    expect(crm.calls).toHaveLength(3);
    clock.advance(10_000);
    crm.answer("echo", { kind: "echo", delayMs: 20 });
    const trial = told(connection);
    expect(await told(connection)).toBe("upstream.circuit_open not dispatched");
    expect(await trial).toBe("result");
    expect(await told(connection)).toBe("result");
  });

  it("stays shut for deadlines that one caller made shorter than the server's", async () => {
    const crm = await server();
    const connection = harness({ breaker: { failures: 1 } }).upstream.connect(overHttp(crm.url));
    await connection.listing();
    crm.answer("echo", { kind: "hang" });
    expect(await told(connection, { timeoutMs: 20 })).toBe("upstream.timeout dispatched");
    crm.answer("echo", { kind: "echo" });
    expect(await told(connection)).toBe("result");
  });
});
