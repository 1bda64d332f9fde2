import { expect, test } from "vitest";
import { call, type DoorUnderTest, doorUnderTest, envelope, initialize } from "./door-under-test.ts";

const body = JSON.stringify(call());

/** The valid call first: it reaches the gateway. Then the bad one, which must not. */
async function prepared(
  config: Parameters<typeof doorUnderTest>[0] = {},
): Promise<{ door: DoorUnderTest; headers: Record<string, string> }> {
  const door = await doorUnderTest(config);
  const headers = { "mcp-session-id": await door.open() };
  const good = await door.post(body, headers);
  expect(good.json()).toMatchObject({ id: 2, result: { content: [{ text: "called crm__refund" }] } });
  expect(door.gateway.asked.calls).toHaveLength(1);
  return { door, headers };
}

function expectUntouched(door: DoorUnderTest, calls = 1): void {
  expect(door.gateway.asked.calls).toHaveLength(calls);
}

const nested = (depth: number) =>
  `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"t","arguments":${'{"a":'.repeat(depth)}1${"}".repeat(depth)}}}`;
const with_ = (args: string) => `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"t","arguments":${args}}}`;

test.each([
  ["a duplicate key", with_(`{"a":1,"a":2}`), "json.duplicate_key"],
  ["a duplicate key behind an escape", with_(`{"a":1,"\\u0061":2}`), "json.duplicate_key"],
  ["a second method", `{"jsonrpc":"2.0","id":2,"method":"ping","method":"tools/call"}`, "json.duplicate_key"],
  ["name beside Name", `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"t","Name":"u"}}`, "json.duplicate_key"],
  ["__proto__", with_(`{"__proto__":{"admin":true}}`), "json.proto_key"],
  ["65 levels", nested(63), "json.too_deep"],
  ["1e400", with_(`{"a":1e400}`), "json.unsafe_number"],
  ["2^53+1", with_(`{"a":9007199254740993}`), "json.unsafe_number"],
  ["a lone surrogate", with_(`{"a":"\\ud800"}`), "json.lone_surrogate"],
  [
    "bad UTF-8",
    Buffer.concat([Buffer.from(`{"jsonrpc":"2.0","id":2,"method":"ping","params":{"a":"`), Buffer.from([0xff]), Buffer.from(`"}}`)]),
    "json.bad_utf8",
  ],
  ["a byte order mark", Buffer.from(`\ufeff${body}`), "json.bad_utf8"],
  ["no JSON", "{", "json.malformed"],
  ["an empty body", "", "json.malformed"],
])("%s is answered with a parse error and reaches nothing", async (_what, bad, code) => {
  const { door, headers } = await prepared();
  const answer = await door.post(bad, headers);
  expect(answer.statusCode).toBe(400);
  expect(answer.json()).toMatchObject({ jsonrpc: "2.0", id: null, error: { code: -32700, data: { code } } });
  expect(door.gateway.asked.refusals.at(-1)).toMatchObject({ caller: "ann", code: "gateway.invalid_request" });
  expectUntouched(door);
});

test("64 levels pass", async () => {
  const { door, headers } = await prepared();
  expect((await door.post(nested(62), headers)).statusCode).toBe(200);
  expectUntouched(door, 2);
});

test.each([
  ["a batch", `[${body}]`, null, "batches"],
  ["an empty batch", "[]", null, "batches"],
  ["a response sent as a request", `{"jsonrpc":"2.0","id":2,"result":{}}`, null, "no open question"],
  ["an error sent as a request", `{"jsonrpc":"2.0","id":2,"error":{"code":1,"message":"x"}}`, null, "no open question"],
  ["a response without an id", `{"jsonrpc":"2.0","result":{}}`, null, "needs the"],
  ["a response that is a list", `{"jsonrpc":"2.0","id":2,"result":[]}`, null, "must be an object"],
  ["a response that is both", `{"jsonrpc":"2.0","id":2,"result":{},"error":{"code":1,"message":"x"}}`, null, "not both"],
  ["an error without a message", `{"jsonrpc":"2.0","id":2,"error":{"code":1}}`, null, 'as "message"'],
  ["an error with half a code", `{"jsonrpc":"2.0","id":2,"error":{"code":1.5,"message":"x"}}`, null, "whole number"],
  ["a request that is a response too", JSON.stringify({ ...call(), result: {} }), null, "not both"],
  ["another JSON-RPC version", JSON.stringify({ ...call(), jsonrpc: "1.0" }), 2, "jsonrpc"],
  ["a null id", JSON.stringify(call("t", {}, null)), null, "id"],
  ["an endless id", JSON.stringify(call("t", {}, "x".repeat(257))), null, "id"],
  ["a fractional id", JSON.stringify(call("t", {}, 1.5)), null, "id"],
  ["an object as id", JSON.stringify(call("t", {}, {})), null, "id"],
  ["a call without an id", JSON.stringify({ ...call(), id: undefined }), null, "needs an"],
  ["params that are an array", `{"jsonrpc":"2.0","id":2,"method":"tools/call","params":["t"]}`, 2, "params"],
  ["a method that is no text", `{"jsonrpc":"2.0","id":2,"method":5}`, 2, "method"],
  ["a bare text", `"tools/call"`, null, "not a JSON-RPC message"],
])("%s is an invalid request and reaches nothing", async (_what, bad, id, says) => {
  const { door, headers } = await prepared();
  const answer = await door.post(bad, headers);
  expect(answer.statusCode).toBe(400);
  expect(answer.json()).toMatchObject({ id, error: { code: -32600 } });
  expect(answer.json().error.message).toContain(says);
  expect(door.gateway.asked.refusals.at(-1)).toMatchObject({ caller: "ann", code: "gateway.invalid_request" });
  expectUntouched(door);
});

test.each([
  "unknown/method",
  "tasks/list",
  "tasks/get",
  "tasks/result",
  "tasks/cancel",
  "subscriptions/listen",
  "sampling/createMessage",
  "server/discover",
  "notifications/initialized",
  "constructor",
])("the method %s is not found", async (method) => {
  const { door, headers } = await prepared();
  const answer = await door.post(JSON.stringify({ jsonrpc: "2.0", id: "x", method }), headers);
  expect(answer.statusCode).toBe(200);
  expect(answer.json()).toMatchObject({ id: "x", error: { code: -32601 } });
  expect(door.gateway.asked.refusals.at(-1)).toMatchObject({ code: "gateway.unsupported_method", method });
  expectUntouched(door);
});

test("a body of 5 MB is refused, whether its length is told or not", async () => {
  const { door, headers } = await prepared();
  const large = JSON.stringify(call("t", { text: "x".repeat(5 * 1024 * 1024) }));
  const answer = await door.post(large, headers);
  expect(answer.statusCode).toBe(413);
  expect(answer.json()).toMatchObject({ id: null, error: { code: -32000 } });
  const url = await door.listen();
  const chunks = new ReadableStream({
    start(controller) {
      for (let at = 0; at < large.length; at += 65_536) controller.enqueue(new TextEncoder().encode(large.slice(at, at + 65_536)));
      controller.close();
    },
  });
  const init = {
    method: "POST",
    body: chunks,
    duplex: "half",
    headers: { ...headers, authorization: "Bearer ann", "content-type": "application/json" },
  } as RequestInit;
  const streamed = await fetch(url, init).then(
    (response) => response.status,
    () => "connection closed",
  );
  expect(streamed).toBeOneOf([413, "connection closed"]);
  expect(door.gateway.asked.refusals.filter((refusal) => refusal.detail.includes("larger"))).toHaveLength(2);
  expectUntouched(door);
});

test("another content type is refused", async () => {
  const { door, headers } = await prepared();
  for (const type of [
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/json-patch+json",
    "multipart/form-data; boundary=x",
  ]) {
    const answer = await door.post(body, { ...headers, "content-type": type });
    expect(answer.statusCode).toBe(415);
    expect(answer.json().error.code).toBe(-32000);
  }
  expect((await door.post(body, { ...headers, "content-type": "application/json; charset=utf-8" })).statusCode).toBe(200);
  expectUntouched(door, 2);
});

test.each([
  ["host", "evil.example.com"],
  ["host", "gate.example.com.evil.example.com"],
  ["host", "127.0.0.1.evil.example.com:80"],
  ["origin", "http://gate.example.com"],
  ["origin", "http://evil.example.com"],
  ["origin", "null"],
  ["origin", "https://gate.example.com.evil.example.com"],
])("a foreign %s %s is refused before the bearer is looked at", async (name, value) => {
  const { door, headers } = await prepared();
  const answer = await door.post(body, { ...headers, authorization: "Bearer forged", [name]: value });
  expect(answer.statusCode).toBe(403);
  expect(answer.json()).toMatchObject({ id: null, error: { code: -32000 } });
  expect(door.gateway.asked.refusals.at(-1)).toMatchObject({ caller: undefined, code: "gateway.foreign_host" });
  expectUntouched(door);
});

test.each([
  ["host", "gate.example.com"],
  ["host", "GATE.example.com:443"],
  ["host", "localhost:8080"],
  ["host", "[::1]:8080"],
  ["host", "inner.example.com"],
  ["origin", "https://gate.example.com"],
  ["origin", "http://127.0.0.1:6274"],
  ["origin", "https://app.example.com"],
])("our own %s %s passes", async (name, value) => {
  const { door, headers } = await prepared({ allowed_hosts: ["inner.example.com"], allowed_origins: ["https://app.example.com"] });
  expect((await door.post(body, { ...headers, [name]: value })).statusCode).toBe(200);
});

test("no token and a bad token get a challenge, before the body is read", async () => {
  const { door, headers } = await prepared();
  const without = await door.app.inject({
    method: "POST",
    url: "/mcp",
    payload: "{not json",
    headers: { host: "localhost", "content-type": "text/plain" },
  });
  expect(without.statusCode).toBe(401);
  expect(without.headers["www-authenticate"]).toBe(
    `Bearer resource_metadata="https://gate.example.com/.well-known/oauth-protected-resource/mcp"`,
  );
  const forged = await door.post("{not json", { ...headers, authorization: "Bearer forged" });
  expect(forged.statusCode).toBe(401);
  expect(forged.headers["www-authenticate"]).toBe(
    `Bearer error="invalid_token", error_description="The 'signature' does not verify.", resource_metadata="https://gate.example.com/.well-known/oauth-protected-resource/mcp"`,
  );
  expect(forged.json()).toMatchObject({ jsonrpc: "2.0", id: null, error: { code: -32000, data: { code: "auth.bad_signature" } } });
  expect(forged.json().error.data.decision).toMatch(/^dec_/);
  expect(door.gateway.asked.refusals).toHaveLength(0);
  expectUntouched(door);
});

test("the challenge of a server's door names that door", async () => {
  const { door } = await prepared();
  const answer = await door.say(undefined, call(), { authorization: "Bearer forged" }, "/servers/crm/mcp?x=1");
  expect(answer.headers["www-authenticate"]).toContain(
    `resource_metadata="https://gate.example.com/.well-known/oauth-protected-resource/servers/crm/mcp"`,
  );
});

test("an issuer that cannot be asked is a 503 without a challenge", async () => {
  const { door, headers } = await prepared();
  const answer = await door.post(body, { ...headers, authorization: "Bearer down" });
  expect(answer.statusCode).toBe(503);
  expect(answer.headers["www-authenticate"]).toBeUndefined();
  expect(answer.headers["retry-after"]).toBe("5");
  expect(answer.json()).toMatchObject({ id: null, error: { data: { code: "auth.issuer_unreachable" } } });
  expectUntouched(door);
});

test("unknown and forbidden servers get the same 404", async () => {
  const { door } = await prepared();
  const answers = await Promise.all(
    ["/servers/secret/mcp", "/servers/nowhere/mcp", "/servers/UPPER/mcp"].map((url) =>
      door.say(undefined, JSON.parse(initialize()), {}, url),
    ),
  );
  for (const answer of answers) {
    expect(answer.statusCode).toBe(404);
    expect(answer.body).toBe(answers[0]!.body);
  }
  expect(door.gateway.asked.admits).toHaveLength(1);
});

test("other verbs are not allowed", async () => {
  const { door } = await prepared();
  const headers = { host: "localhost", authorization: "Bearer ann" };
  const put = await door.app.inject({ method: "PUT", url: "/mcp", headers });
  expect([put.statusCode, put.headers.allow]).toEqual([405, "GET, POST, DELETE"]);
  const get = await door.app.inject({ method: "GET", url: "/mcp", headers: { ...headers, "mcp-protocol-version": "2026-07-28" } });
  expect([get.statusCode, get.headers.allow]).toEqual([405, "POST"]);
});

test("a bug behind the door is an error with the request's id and without detail", async () => {
  const { door, headers } = await prepared();
  door.gateway.answer = () => {
    throw new Error("secret detail");
  };
  const answer = await door.post(body, headers);
  expect(answer.statusCode).toBe(500);
  expect(answer.json()).toMatchObject({ id: 2, error: { code: -32603 } });
  expect(answer.body).not.toContain("secret detail");
});

test("a stateless call is checked by the same strict reader", async () => {
  const door = await doorUnderTest();
  expect((await door.ask("tools/call", { name: "t", arguments: {} })).statusCode).toBe(200);
  const headers = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "t" };
  const bad = JSON.stringify({
    jsonrpc: "2.0",
    id: 1,
    method: "tools/call",
    params: { name: "t", arguments: { a: 1 }, _meta: envelope() },
  }).replace(`"a":1`, `"a":1,"a":2`);
  expect((await door.post(bad, headers)).json()).toMatchObject({ error: { code: -32700 } });
  expectUntouched(door);
});
