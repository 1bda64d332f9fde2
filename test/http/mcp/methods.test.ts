import { describe, expect, test } from "vitest";
import { methods } from "../../../src/core/methods.ts";
import type { Answer } from "../../../src/gateway/index.ts";
import { refusedBy, resultOf } from "../../support/fake-gateway.ts";
import { doorUnderTest, envelope } from "./door-under-test.ts";

const DECISION = "dec_0" as Answer["decisionId"];
const TASKS = { "io.modelcontextprotocol/tasks": {} };
const withTasks = envelope({ "io.modelcontextprotocol/clientCapabilities": { extensions: TASKS } });

/** Good parameters for each method that a client can ask. */
const good: Readonly<Record<string, Record<string, unknown>>> = {
  ping: {},
  "tools/list": {},
  "tools/call": { name: "crm__refund", arguments: { amount: 5 } },
  "resources/list": {},
  "resources/templates/list": {},
  "resources/read": { uri: "file:///handbook/a" },
  "resources/subscribe": { uri: "file:///handbook/a" },
  "resources/unsubscribe": { uri: "file:///handbook/a" },
  "prompts/list": {},
  "prompts/get": { name: "crm__summary", arguments: { ticket: "T-1" } },
  "completion/complete": { ref: { type: "ref/prompt", name: "crm__summary" }, argument: { name: "ticket", value: "T" } },
  "logging/setLevel": { level: "warning" },
  "server/discover": {},
  "tasks/get": { taskId: "t1" },
  "tasks/update": { taskId: "t1", inputResponses: {} },
  "tasks/cancel": { taskId: "t1" },
};
const refusedInSessions = ["tasks/list", "tasks/result"];
const requests = Object.entries(methods).filter(
  ([name, { from, kind }]) => from === "client" && kind === "request" && name !== "initialize",
);
const inSessions = requests.filter(([, { since }]) => since !== "2026-07-28").map(([name]) => name);
const stateless = requests.filter(([, { until }]) => until === "2026-07-28").map(([name]) => name);

test.each(inSessions)("a session is answered %s, as the table of methods says", async (method) => {
  const door = await doorUnderTest();
  const session = await door.open();
  const answer = await door.say(session, { jsonrpc: "2.0", id: 4, method, params: good[method] ?? {} });
  expect(answer.statusCode).toBe(200);
  if (refusedInSessions.includes(method)) expect(answer.json()).toMatchObject({ id: 4, error: { code: -32601 } });
  else expect(answer.json()).toMatchObject({ id: 4, result: {} });
});

// subscriptions/listen is answered with a stream that does not end.
test.each(stateless.filter((name) => name !== "subscriptions/listen"))(
  "a stateless client is answered %s, as the table of methods says",
  async (method) => {
    const door = await doorUnderTest();
    door.gateway.offered = { ...door.gateway.offered, extensions: TASKS };
    const answer = await door.ask(method, good[method] ?? {}, { meta: withTasks });
    expect([answer.statusCode, answer.json()]).toMatchObject([200, { id: 7, result: { resultType: "complete" } }]);
    expect(answer.json().result._meta["io.modelcontextprotocol/serverInfo"]).toMatchObject({ name: "toolgate" });
  },
);

test.each([
  ["2025-11-25", stateless.filter((name) => !inSessions.includes(name))],
  ["2026-07-28", inSessions.filter((name) => !stateless.includes(name))],
])("a method that only another era has is unknown in %s", async (era, names) => {
  const door = await doorUnderTest();
  door.gateway.offered = { ...door.gateway.offered, extensions: TASKS };
  const session = await door.open();
  for (const method of names) {
    const params = good[method] ?? {};
    const answer =
      era === "2026-07-28"
        ? await door.ask(method, params, { meta: withTasks })
        : await door.say(session, { jsonrpc: "2.0", id: 7, method, params });
    expect([answer.statusCode, answer.json()]).toMatchObject([era === "2026-07-28" ? 404 : 200, { id: 7, error: { code: -32601 } }]);
  }
  expect(door.gateway.asked.calls).toHaveLength(0);
});

const bad: [string, string, unknown][] = [
  ["prompts/get", "no name", {}],
  ["prompts/get", "an argument that is no text", { name: "p", arguments: { a: 1 } }],
  ["prompts/get", "arguments that are a list", { name: "p", arguments: ["a"] }],
  ["resources/read", "no URI", {}],
  ["resources/read", "an endless URI", { uri: `file:///${"x".repeat(8_192)}` }],
  ["resources/subscribe", "a URI that is a number", { uri: 5 }],
  ["resources/unsubscribe", "an empty URI", { uri: "" }],
  ["completion/complete", "no reference", { argument: { name: "a", value: "" } }],
  ["completion/complete", "a reference of another kind", { ref: { type: "ref/tool", name: "a" }, argument: { name: "a", value: "" } }],
  ["completion/complete", "no value", { ref: { type: "ref/prompt", name: "a" }, argument: { name: "a" } }],
  ["completion/complete", "a context that is a text", { ...good["completion/complete"], context: "x" }],
  ["completion/complete", "a context of numbers", { ...good["completion/complete"], context: { arguments: { a: 1 } } }],
  ["logging/setLevel", "an unknown level", { level: "loud" }],
  ["resources/list", "a cursor that is a number", { cursor: 5 }],
  ["prompts/list", "an invented cursor", { cursor: "1.abc" }],
  ["resources/templates/list", "an empty cursor", { cursor: "" }],
];

test.each(bad)("%s with %s has invalid parameters and reaches nothing", async (method, _what, params) => {
  const door = await doorUnderTest();
  const session = await door.open();
  const ask = async (sent: unknown) => (await door.say(session, { jsonrpc: "2.0", id: 4, method, params: sent })).json();
  expect(await ask(good[method])).toMatchObject({ id: 4, result: {} });
  const [calls, subscribes] = [door.gateway.asked.calls.length, door.gateway.asked.subscribes.length];
  expect(await ask(params)).toMatchObject({ id: 4, error: { code: -32602, message: expect.stringMatching(/^Invalid params: /) } });
  expect([door.gateway.asked.calls.length, door.gateway.asked.subscribes.length]).toEqual([calls, subscribes]);
  expect(door.gateway.asked.refusals).toMatchObject([{ code: "gateway.invalid_request", method }]);
});

test.each([
  ["tasks/get", {}],
  ["tasks/update", { taskId: "t1" }],
  ["tools/call", { name: "t", inputResponses: [] }],
  ["prompts/get", { name: "t", requestState: 5 }],
  ["resources/read", { uri: "a:b", requestState: "x".repeat(1024 * 1024 + 1) }],
])("%s with %j is refused to a stateless client", async (method, params) => {
  const door = await doorUnderTest();
  door.gateway.offered = { ...door.gateway.offered, extensions: TASKS };
  expect((await door.ask(method, params, { meta: withTasks })).json()).toMatchObject({ error: { code: -32602 } });
  expect(door.gateway.asked.calls).toHaveLength(0);
});

test("what a request asks for reaches the gateway as it was read", async () => {
  const door = await doorUnderTest();
  const session = await door.open();
  const asked = {
    ref: { type: "ref/resource", uri: "test://t/{id}" },
    argument: { name: "id", value: "1" },
    context: { arguments: { a: "b" } },
  };
  await door.say(session, { jsonrpc: "2.0", id: 1, method: "completion/complete", params: asked });
  await door.say(session, { jsonrpc: "2.0", id: 2, method: "prompts/get", params: good["prompts/get"] });
  await door.ask("tools/call", { name: "t", inputResponses: { a: { action: "accept" } }, requestState: "sealed" });
  expect(door.gateway.asked.calls.map(({ request }) => [request.asked, request.resumed])).toEqual([
    [{ method: "completion/complete", ref: asked.ref, argument: asked.argument, context: { a: "b" } }, undefined],
    [{ method: "prompts/get", name: "crm__summary", args: { ticket: "T-1" } }, undefined],
    [
      { method: "tools/call", name: "t", args: undefined },
      { inputResponses: { a: { action: "accept" } }, requestState: "sealed" },
    ],
  ]);
});

test("a session brings nothing back with its request: it is asked in place", async () => {
  const door = await doorUnderTest();
  await door.say(await door.open(), { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "t", requestState: "sealed" } });
  expect(door.gateway.asked.calls[0]!.request.resumed).toBeUndefined();
});

test("a door without prompts or resources has none of their methods", async () => {
  const door = await doorUnderTest();
  door.gateway.offered = { prompts: false, resources: false, completions: false, logging: false, extensions: {} };
  const session = await door.open();
  for (const method of [
    "prompts/list",
    "prompts/get",
    "resources/list",
    "resources/read",
    "resources/templates/list",
    "completion/complete",
  ]) {
    expect((await door.say(session, { jsonrpc: "2.0", id: 1, method, params: good[method] })).json()).toMatchObject({
      error: { code: -32601 },
    });
    const answer = await door.ask(method, good[method]);
    expect([answer.statusCode, answer.json().error.code]).toEqual([404, -32601]);
  }
  expect(door.gateway.asked).toMatchObject({ calls: [], lists: [] });
});

test("tasks need a door that has them, and a client that says it knows them", async () => {
  const door = await doorUnderTest();
  expect((await door.ask("tasks/get", good["tasks/get"], { meta: withTasks })).statusCode).toBe(404);
  door.gateway.offered = { ...door.gateway.offered, extensions: TASKS };
  const incapable = await door.ask("tasks/get", good["tasks/get"]);
  expect([incapable.statusCode, incapable.json()]).toMatchObject([
    400,
    { id: 7, error: { code: -32021, data: { requiredCapabilities: { extensions: TASKS } } } },
  ]);
  expect(door.gateway.asked.calls).toHaveLength(0);
});

test.each([
  ["prompts/get", "name", "crm__summary"],
  ["resources/read", "uri", "file:///handbook/a"],
  ["tasks/cancel", "taskId", "t1"],
])("%s must repeat its %s in Mcp-Name", async (method, member, value) => {
  const door = await doorUnderTest();
  door.gateway.offered = { ...door.gateway.offered, extensions: TASKS };
  const ask = (name: string | undefined) => door.ask(method, { [member]: value }, { headers: { "mcp-name": name }, meta: withTasks });
  expect((await ask(value)).statusCode).toBe(200);
  for (const name of [undefined, "other", value.toUpperCase()]) {
    const answer = await ask(name);
    expect([answer.statusCode, answer.json()]).toMatchObject([400, { id: 7, error: { code: -32020 } }]);
  }
  expect(door.gateway.asked.calls).toHaveLength(1);
});

test("a cursor of one list is none of another", async () => {
  const door = await doorUnderTest({ lists: { page_size: 1 } });
  door.gateway.items.prompts = ["a", "b"].map((name) => JSON.stringify({ name }));
  const session = await door.open();
  const list = async (method: string, cursor?: string) =>
    (await door.say(session, { jsonrpc: "2.0", id: 1, method, params: cursor === undefined ? {} : { cursor } })).json();
  const { nextCursor } = (await list("prompts/list")).result;
  expect(await list("prompts/list", nextCursor)).toMatchObject({ result: { prompts: [{ name: "b" }] } });
  expect(await list("tools/list", nextCursor)).toMatchObject({ error: { code: -32602 } });
});

describe("an answer has the form of its method and era", () => {
  const uri = "test://nowhere";
  const answers: [string, Record<string, unknown>, Answer, object, object, number][] = [
    ["prompts/get", { name: "p" }, { kind: "unknown", decisionId: DECISION }, { code: -32602, message: "Unknown prompt: p" }, {}, 200],
    [
      "resources/read",
      { uri },
      { kind: "unknown", decisionId: DECISION },
      { code: -32002, data: { uri } },
      { code: -32602, data: { uri } },
      200,
    ],
    ["prompts/get", { name: "p" }, { kind: "invalid", detail: "the state is stale", decisionId: DECISION }, { code: -32602 }, {}, 200],
    [
      "resources/read",
      { uri },
      { kind: "refused", ...refusedBy("docs.closed", "This is closed.") },
      { code: 403, message: "This is closed.", data: { "toolgate/decision": { reasons: [{ code: "docs.closed" }] } } },
      {},
      200,
    ],
    [
      "tools/call",
      { name: "t" },
      { kind: "incapable", required: { sampling: {} }, decisionId: DECISION },
      { code: -32021, data: { requiredCapabilities: { sampling: {} } } },
      {},
      400,
    ],
    [
      "resources/read",
      { uri },
      { kind: "error", code: -32002, message: "gone", decisionId: DECISION, era: "session" },
      { code: -32002 },
      { code: -32602, data: { uri } },
      200,
    ],
    [
      "resources/read",
      { uri },
      { kind: "error", code: -32602, message: "gone", data: { uri }, decisionId: DECISION, era: "stateless" },
      { code: -32002, data: { uri } },
      { code: -32602, data: { uri } },
      200,
    ],
    [
      "resources/read",
      { uri },
      { kind: "error", code: -32602, message: "bad", decisionId: DECISION, era: "stateless" },
      { code: -32602 },
      {},
      200,
    ],
    [
      "prompts/get",
      { name: "p" },
      { kind: "error", code: -32002, message: "x", decisionId: DECISION, era: "session" },
      { code: -32002 },
      {},
      200,
    ],
    [
      "completion/complete",
      good["completion/complete"]!,
      { kind: "error", code: -32601, message: "no", decisionId: DECISION, era: "session" },
      { code: -32601 },
      {},
      404,
    ],
  ];
  test.each(answers)("%s %j answered %j", async (method, params, given, inSession, alsoStateless, status) => {
    const door = await doorUnderTest();
    door.gateway.answer = () => given;
    const said = await door.say(await door.open(), { jsonrpc: "2.0", id: 1, method, params });
    expect([said.statusCode, said.json()]).toMatchObject([200, { id: 1, error: inSession }]);
    const asked = await door.ask(method, params);
    expect([asked.statusCode, asked.json()]).toMatchObject([status, { id: 7, error: { ...inSession, ...alsoStateless } }]);
  });

  test("a resource says how long it may be kept, and only in the era that knows it", async () => {
    const door = await doorUnderTest({ lists: { ttl_ms: 1_000 } });
    door.gateway.answer = () => resultOf({ contents: [], ttlMs: 60_000, cacheScope: "public", resultType: "complete" }, "stateless");
    expect((await door.ask("resources/read", { uri })).json().result).toMatchObject({ contents: [], ttlMs: 1_000, cacheScope: "private" });
    const said = await door.say(await door.open(), { jsonrpc: "2.0", id: 1, method: "resources/read", params: { uri } });
    expect(said.json().result).toEqual({ contents: [] });
  });

  test("questions are a result of their own kind", async () => {
    const door = await doorUnderTest();
    const text = JSON.stringify({ resultType: "input_required", inputRequests: { a: { method: "roots/list" } }, requestState: "sealed" });
    door.gateway.answer = () => ({ kind: "input_required", text, decisionId: DECISION });
    expect((await door.ask("tools/call", { name: "t" })).json().result).toMatchObject(JSON.parse(text));
  });
});
