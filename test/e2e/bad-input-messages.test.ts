import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { manualClock } from "../../src/platform/clock.ts";
import { type Answer, type Company, type Gate, house, plainHeaders, startGate } from "../support/gate.ts";
import { expectRefused, type Refusal, received } from "../support/gate-refused.ts";

const clock = manualClock(Date.parse("2026-06-01T09:00:00Z"));
let gate: Gate;
let token: string;

const region = { type: "object", properties: { region: { type: "string", "x-mcp-header": "Region" } } };
const company: Company = {
  servers: { desk: { tools: { ...house.servers.desk?.tools, travel: { definition: { inputSchema: region } } } } },
};

beforeAll(async () => {
  // Not an echo: what comes back would be a level deeper than what was sent.
  const done = { kind: "result", result: { content: [{ type: "text", text: "done" }] } } as const;
  gate = await startGate({ company, clock, servers: { desk: { answers: { echo: done } } } });
  token = await gate.token({ lifetime: 86_400 });
});
afterAll(async () => {
  expect(await gate.verify()).toMatchObject({ ok: true });
  await gate.stop();
});

const notRead: Refusal = { status: 400, rpc: -32700, reason: "gateway.invalid_request", record: "refusal" };
const notValid: Refusal = { ...notRead, rpc: -32600 };

for (const era of ["session", "stateless"] as const) {
  describe(`in the era ${era}`, () => {
    const meta =
      era === "session"
        ? ""
        : ',"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}';
    /** A call of `desk__echo` as text; `around` are members beside `params`. */
    const call = (args: string, { params = '"name":"desk__echo"', around = '"method":"tools/call"' } = {}) =>
      `{"jsonrpc":"2.0","id":7,${around},"params":{${params},"arguments":${args}${meta}}}`;
    const send = (body: string | Buffer, headers: Record<string, string | undefined> = {}): Promise<Answer> =>
      gate.client.send(body, { era, token, headers, method: "tools/call", name: "desk__echo" });

    const deep = (levels: number) => `${"[".repeat(levels)}${"]".repeat(levels)}`;
    const texts: readonly (readonly [title: string, valid: string, bad: string])[] = [
      ["a key twice among the arguments", call('{"a":1,"b":2}'), call('{"a":1,"a":2}')],
      ["a key twice, once escaped", call('{"a":1,"\\u0062":2}'), call('{"a":1,"\\u0061":2}')],
      ["a key twice, deep inside", call('{"x":[{"a":1}]}'), call('{"x":[{"a":1,"a":1}]}')],
      ["two methods", call("{}"), call("{}", { around: '"method":"tools/list","method":"tools/call"' })],
      ["two names", call("{}"), call("{}", { params: '"name":"desk__note","name":"desk__echo"' })],
      ["two names, one escaped", call("{}"), call("{}", { params: '"name":"desk__note","n\\u0061me":"desk__echo"' })],
      ["name and Name", call("{}"), call("{}", { params: '"name":"desk__echo","Name":"desk__note"' })],
      ["Method beside method", call("{}"), call("{}", { around: '"method":"tools/call","Method":"tools/list"' })],
      ["__proto__ among the arguments", call('{"proto":{}}'), call('{"__proto__":{"admin":true}}')],
      ["__proto__ with an escaped letter", call('{"pr\\u006fto":{}}'), call('{"__pr\\u006fto__":{"admin":true}}')],
      // The message, its params and the arguments are three levels, the member x holds the others.
      ["65 levels", call(`{"x":${deep(61)}}`), call(`{"x":${deep(62)}}`)],
      ["a number that overflows", call('{"n":1e308}'), call('{"n":1e400}')],
      ["a number that vanishes", call('{"n":1e-300}'), call('{"n":1e-400}')],
      ["an integer above 2^53", call('{"n":9007199254740991}'), call('{"n":9007199254740993}')],
      ["an integer below -2^53", call('{"n":-9007199254740991}'), call('{"n":-9007199254740993}')],
      ["a lone surrogate", call('{"s":"\\ud83d\\ude00"}'), call('{"s":"\\ud83d"}')],
      ["a lone low surrogate in a key", call('{"k\\ud83d\\ude00":1}'), call('{"k\\ude00":1}')],
      ["half a message", call('{"a":1}'), call('{"a":1}').slice(0, -3)],
      ["something behind the message", call('{"a":1}'), `${call('{"a":1}')}{}`],
    ];

    test.each(texts)("%s is a parse error", async (_title, valid, bad) => {
      await expectRefused(gate, clock, { valid: () => send(valid), bad: () => send(bad), want: notRead });
    });

    test("bytes that are no UTF-8 are a parse error", async () => {
      const bytes = Buffer.from(call('{"s":"good\u00e9"}'));
      for (const bad of [
        [0xc3, 0x28],
        [0xff, 0xfe],
        [0xc0, 0xaf],
        [0xed, 0xa0, 0x80],
      ]) {
        const text = Buffer.from(call('{"s":"MARK"}'));
        const at = text.indexOf("MARK");
        const broken = Buffer.concat([text.subarray(0, at), Buffer.from(bad), text.subarray(at + 4)]);
        await expectRefused(gate, clock, { valid: () => send(bytes), bad: () => send(broken), want: notRead });
      }
    });

    test.each([
      ["a batch", `[${call("{}")}]`],
      ["an empty batch", "[]"],
      ["a response", '{"jsonrpc":"2.0","id":7,"result":{}}'],
      ["an error as a response", '{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"no"}}'],
      ["a request that is a response too", call("{}", { around: '"method":"tools/call","result":{}' })],
      ["a scalar", '"tools/call"'],
      ["another JSON-RPC", call("{}").replace('"2.0"', '"1.0"')],
      ["a call without an id", call("{}").replace('"id":7,', "")],
      ["an id that is no integer", call("{}").replace('"id":7', '"id":7.5')],
      ["an id that is null", call("{}").replace('"id":7', '"id":null')],
      ["params that are a list", call("{}").replace('"params":{', '"params":[{').replace(/\}\}$/, "}]}")],
    ])("%s is an invalid request", async (_title, bad) => {
      await expectRefused(gate, clock, { valid: () => send(call("{}")), bad: () => send(bad), want: notValid });
    });

    test("arguments that are no object, and a tool without a name, are invalid params", async () => {
      const want: Refusal = { ...notRead, status: 200, rpc: -32602 };
      await expectRefused(gate, clock, { valid: () => send(call("{}")), bad: () => send(call("[1]")), want });
      const nameless = { ...want, ...(era === "stateless" ? { status: 400, rpc: -32020 } : {}) };
      await expectRefused(gate, clock, {
        valid: () => send(call("{}")),
        bad: () => send(call("{}", { params: '"name":7' })),
        want: nameless,
      });
    });

    test("a body of 5 MB is refused while it is read", async () => {
      const large = (bytes: number) => call(JSON.stringify({ text: "x".repeat(bytes) }));
      const want: Refusal = { ...notRead, status: 413, rpc: -32000 };
      await expectRefused(gate, clock, { valid: () => send(large(8_000)), bad: () => send(large(5_000_000)), want });
    });

    // Methods that nobody knows, of the other era, of things that no server here has, and of servers.
    const foreign = era === "session" ? "server/discover" : "logging/setLevel";
    test.each(["tools/destroy", foreign, "resources/subscribe", "prompts/get", "completion/complete", "sampling/createMessage"])(
      "the method %s is not found, and nothing is passed through",
      async (method) => {
        const want: Refusal = {
          status: era === "session" ? 200 : 404,
          rpc: -32601,
          reason: "gateway.unsupported_method",
          record: "refusal",
        };
        const { record } = await expectRefused(gate, clock, {
          valid: () => send(call("{}")),
          bad: () => send(call("{}", { around: `"method":"${method}"` }), era === "stateless" ? { "mcp-method": method } : {}),
          want,
        });
        expect(record.method).toBe(method);
      },
    );

    test("a body of another type is refused", async () => {
      const want: Refusal = { ...notRead, status: 415, rpc: -32000 };
      await expectRefused(gate, clock, {
        valid: () => send(call("{}")),
        bad: () => send(call("{}"), { "content-type": "text/plain" }),
        want,
      });
    });

    test.each([
      ["Host", { host: "evil.example.com" }],
      ["Origin", { origin: "https://evil.example.com" }],
      ["Origin that only begins like ours", { origin: "https://gate.example.com.evil.example" }],
      ["Origin null", { origin: "null" }],
    ])("a foreign %s is refused with 403 before anything else, a good token notwithstanding", async (_title, headers) => {
      await expectRefused(gate, clock, {
        valid: () => send(call("{}"), { host: "gate.example.com", origin: "https://gate.example.com" }),
        bad: () => send(call("{}"), headers),
        want: { status: 403, rpc: -32000, reason: "gateway.foreign_host", record: "refusal" },
      });
    });
  });
}

describe("headers that contradict the body", () => {
  const contradiction: Refusal = { status: 400, rpc: -32020, reason: "gateway.invalid_request", record: "refusal" };
  const valid = () => gate.call("desk__echo", {}, { era: "stateless", token });
  const withHeaders = (headers: Record<string, string | undefined>, tool = "desk__echo") =>
    gate.call(tool, { region: "north" }, { era: "stateless", token, headers });

  test.each([
    ["Mcp-Method names another method", { "mcp-method": "tools/list" }],
    ["Mcp-Method is missing", { "mcp-method": undefined }],
    ["Mcp-Name names another tool", { "mcp-name": "desk__note" }],
    ["Mcp-Name is missing", { "mcp-name": undefined }],
    ["Mcp-Name is broken Base64", { "mcp-name": "=?base64?%%%?=" }],
    ["MCP-Protocol-Version is missing", { "mcp-protocol-version": undefined }],
    ["MCP-Protocol-Version says another revision", { "mcp-protocol-version": "2025-11-25" }],
  ])("%s: refused, and the caller is told that they disagree", async (_title, headers) => {
    const { answer } = await expectRefused(gate, clock, { valid, bad: () => withHeaders(headers), want: contradiction });
    expect(answer.message?.error?.message).toContain("headers and body disagree");
  });

  test("an argument that is repeated in a header says something else there", async () => {
    const { record } = await expectRefused(gate, clock, {
      valid: () => withHeaders({ "mcp-param-region": "north" }, "desk__travel"),
      bad: () => withHeaders({ "mcp-param-region": "south" }, "desk__travel"),
      want: contradiction,
    });
    expect(record.target).toBe("desk.travel");
  });

  test("a version that nobody speaks is named with those that are spoken", async () => {
    const version = "2031-01-01";
    const { answer } = await expectRefused(gate, clock, {
      valid,
      bad: () => {
        const asked = gate.client.message("tools/call", { name: "desk__echo", arguments: {} }, { era: "stateless" });
        const text = JSON.stringify(asked).replaceAll("2026-07-28", version);
        const headers = { "mcp-protocol-version": version };
        return gate.client.send(text, { era: "stateless", token, method: "tools/call", name: "desk__echo", headers });
      },
      want: { ...contradiction, rpc: -32022 },
    });
    expect(answer.message?.error?.data).toMatchObject({ supported: ["2026-07-28"], requested: version });
  });

  test("a session that was opened in one revision is not used in another", async () => {
    const headers = { "mcp-protocol-version": "2025-06-18" };
    await expectRefused(gate, clock, {
      valid: () => gate.call("desk__echo", {}, { token }),
      bad: () => gate.call("desk__echo", {}, { token, headers }),
      want: { ...contradiction, rpc: -32000 },
    });
  });

  test("a request without a session is told to initialize, and one with a session that ended to do so again", async () => {
    const body = JSON.stringify(gate.client.message("tools/call", { name: "desk__echo", arguments: {} }, {}));
    const valid = () => gate.call("desk__echo", {}, { token });
    const want: Refusal = { ...contradiction, rpc: -32000 };
    await expectRefused(gate, clock, { valid, bad: () => gate.client.post(body, plainHeaders(token)), want });
    const unknown = { ...plainHeaders(token), "mcp-session-id": "ses_00000000-0000-7000-8000-000000000000" };
    await expectRefused(gate, clock, { valid, bad: () => gate.client.post(body, unknown), want: { ...want, status: 404, rpc: -32001 } });
  });
});

test("a flood of bad messages is a record with a count, not a record each", async () => {
  clock.advance(1_500);
  const before = (await gate.records()).length;
  const calls = received(gate);
  const headers = { ...plainHeaders(token), "mcp-session-id": "none" };
  await Promise.all(Array.from({ length: 50 }, () => gate.client.post("{", headers)));
  clock.advance(1_500);
  await gate.client.post("{", headers);
  const records = (await gate.records()).slice(before).filter(({ kind }) => kind === "refusal");
  expect(records.reduce((sum, { count }) => sum + Number(count), 0)).toBe(51);
  expect(records.length).toBeLessThan(6);
  expect(received(gate)).toBe(calls);
});
