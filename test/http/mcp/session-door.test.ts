import { request } from "node:http";
import { expect, test, vi } from "vitest";
import { type Answer, type GatewayRequest, SessionsUnavailable } from "../../../src/gateway/index.ts";
import { listedTool, refusedBy } from "../../support/fake-gateway.ts";
import { call, type DoorUnderTest, doorUnderTest, initialize, SESSION_VERSION } from "./door-under-test.ts";
import { openStream } from "./sse.ts";

const DECISION = "dec_0" as Answer["decisionId"];
const list = (params?: object) => ({ jsonrpc: "2.0", id: 3, method: "tools/list", ...(params === undefined ? {} : { params }) });
const headersOf = (session: string, token = "ann") => ({
  authorization: `Bearer ${token}`,
  "mcp-session-id": session,
  accept: "application/json, text/event-stream",
});

test.each([
  ["2025-11-25", "2025-11-25"],
  ["2025-06-18", "2025-06-18"],
  ["2025-03-26", "2025-03-26"],
  ["2024-11-05", "2025-11-25"],
  ["2026-07-28", "2025-11-25"],
  ["nonsense", "2025-11-25"],
])("initialize with %s agrees on %s", async (wanted, agreed) => {
  const door = await doorUnderTest();
  const answer = await door.post(initialize(wanted));
  expect(answer.statusCode).toBe(200);
  expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
  expect(answer.headers["mcp-session-id"]).toMatch(/^ses_[\x21-\x7e]+$/);
  expect(answer.json().result).toEqual({
    protocolVersion: agreed,
    capabilities: {
      tools: { listChanged: true },
      prompts: { listChanged: true },
      resources: { subscribe: true, listChanged: true },
      completions: {},
      logging: {},
    },
    serverInfo: { name: "toolgate", title: "Toolgate", version: "0.1.0" },
  });
  expect(door.gateway.asked.admits[0]).toMatchObject({ era: "session", protocolVersion: agreed, client: { name: "test", version: "1" } });
});

test("initialize without its parameters, or refused by policy, opens no session", async () => {
  const door = await doorUnderTest();
  expect((await door.post(initialize())).json().result).toBeDefined();
  for (const params of [
    undefined,
    {},
    { protocolVersion: 5, capabilities: {}, clientInfo: { name: "a", version: "1" } },
    { protocolVersion: SESSION_VERSION, capabilities: {} },
  ]) {
    expect((await door.say(undefined, { jsonrpc: "2.0", id: 1, method: "initialize", params })).json()).toMatchObject({
      id: 1,
      error: { code: -32602 },
    });
  }
  door.gateway.refusal = refusedBy("agent.inactive", "This agent is suspended or retired.", "Ask the owner of the agent.");
  const refused = await door.post(initialize());
  expect(refused.headers["mcp-session-id"]).toBeUndefined();
  expect(refused.json()).toMatchObject({
    id: 1,
    error: {
      code: 403,
      message: "This agent is suspended or retired. Ask the owner of the agent.",
      data: { "toolgate/decision": { id: door.gateway.refusal.decisionId, effect: "deny", reasons: [{ code: "agent.inactive" }] } },
    },
  });
  expect(door.sessions.open_.size).toBe(1);
});

test("a caller cannot open more sessions than it may have", async () => {
  const door = await doorUnderTest({}, 1);
  await door.open();
  const second = await door.post(initialize());
  expect(second.statusCode).toBe(429);
  expect(second.json()).toMatchObject({ id: 1, error: { code: -32000 } });
  expect(door.gateway.asked.refusals).toMatchObject([{ code: "session.limit", method: "initialize" }]);
});

test("a session is needed, and only its own caller and door have it", async () => {
  const door = await doorUnderTest();
  const session = await door.open();
  expect((await door.say(session, list())).statusCode).toBe(200);
  const missing = await door.say(undefined, list());
  expect([missing.statusCode, missing.json()]).toMatchObject([400, { id: 3, error: { code: -32000 } }]);
  const others = await Promise.all([
    door.say("ses_unknown", list()),
    door.say(session, list(), { authorization: "Bearer bob" }),
    door.say(session, list(), {}, "/servers/crm/mcp"),
  ]);
  for (const answer of others) {
    expect(answer.statusCode).toBe(404);
    expect(answer.body).toBe(others[0]!.body);
    expect(answer.json()).toMatchObject({ id: 3, error: { code: -32001 } });
  }
  expect(door.gateway.asked.lists).toHaveLength(1);
});

test("a version header that contradicts the session is refused", async () => {
  const door = await doorUnderTest();
  const session = await door.open("ann", "/mcp", "2025-06-18");
  expect((await door.say(session, list(), { "mcp-protocol-version": "2025-06-18" })).statusCode).toBe(200);
  for (const version of ["2025-11-25", "2024-11-05", "v999"]) {
    const answer = await door.say(session, list(), { "mcp-protocol-version": version });
    expect([answer.statusCode, answer.json().error.code]).toEqual([400, -32000]);
  }
  expect(door.gateway.asked.lists).toHaveLength(1);
});

test("initialize inside a session is refused", async () => {
  const door = await doorUnderTest();
  const session = await door.open();
  expect((await door.say(session, JSON.parse(initialize()))).json()).toMatchObject({ id: 1, error: { code: -32600 } });
});

test("ping is answered and notifications are accepted", async () => {
  const door = await doorUnderTest();
  const session = await door.open();
  expect((await door.say(session, { jsonrpc: "2.0", id: "p", method: "ping" })).body).toBe('{"jsonrpc":"2.0","id":"p","result":{}}');
  for (const method of [
    "notifications/initialized",
    "notifications/cancelled",
    "notifications/roots/list_changed",
    "notifications/unheard_of",
  ]) {
    const answer = await door.say(session, { jsonrpc: "2.0", method });
    expect([answer.statusCode, answer.body]).toEqual([202, ""]);
  }
  expect(door.gateway.asked.refusals).toHaveLength(0);
});

test("DELETE ends the session for its owner alone", async () => {
  const door = await doorUnderTest();
  const session = await door.open();
  const end = (token: string) =>
    door.app.inject({ method: "DELETE", url: "/mcp", headers: { host: "localhost", ...headersOf(session, token) } });
  expect((await end("bob")).statusCode).toBe(404);
  expect((await door.say(session, list())).statusCode).toBe(200);
  expect((await end("ann")).statusCode).toBe(204);
  expect((await door.say(session, list())).statusCode).toBe(404);
  expect((await end("ann")).statusCode).toBe(404);
});

test("the list is the gateway's text, page by page", async () => {
  const door = await doorUnderTest({ lists: { page_size: 2 } });
  door.gateway.items.tools = ["a", "b", "c", "d", "e"].map(listedTool);
  const session = await door.open();
  const names: string[] = [];
  let cursor: string | undefined;
  let pages = 0;
  do {
    const { result } = (await door.say(session, list(cursor === undefined ? {} : { cursor }))).json();
    names.push(...result.tools.map((tool: { name: string }) => tool.name));
    expect(Object.keys(result)).toEqual(result.nextCursor === undefined ? ["tools"] : ["tools", "nextCursor"]);
    cursor = result.nextCursor;
    pages++;
  } while (cursor !== undefined);
  expect([pages, names]).toEqual([3, ["a", "b", "c", "d", "e"]]);
});

test("a cursor of another caller, door or revision, and an invented one, are refused", async () => {
  const door = await doorUnderTest({ lists: { page_size: 1 } });
  const session = await door.open();
  const { nextCursor } = (await door.say(session, list())).json().result;
  const good = await door.say(session, list({ cursor: nextCursor }));
  expect(good.json().result.tools).toHaveLength(1);
  const bob = await door.open("bob");
  const atServer = await door.open("ann", "/servers/crm/mcp");
  const foreign = [
    await door.say(bob, list({ cursor: nextCursor }), { authorization: "Bearer bob" }),
    await door.say(atServer, list({ cursor: nextCursor }), {}, "/servers/crm/mcp"),
    await door.say(session, list({ cursor: `2${nextCursor.slice(1)}` })),
    await door.say(session, list({ cursor: "" })),
    await door.say(session, list({ cursor: 5 })),
  ];
  door.gateway.revision = "r2";
  foreign.push(await door.say(session, list({ cursor: nextCursor })));
  for (const answer of foreign) expect(answer.json()).toMatchObject({ id: 3, error: { code: -32602 } });
});

test("a call carries the arguments as one text, and the exchange carries session, client and trace", async () => {
  const door = await doorUnderTest();
  const session = await door.open("ann", "/servers/crm/mcp");
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const asked = call("refund", { amount: 1.0, nested: { b: [1, "ü"] } }, 2, {
    _meta: { "toolgate/request": { intent: "help", confidence: 0.5, dryRun: true } },
  });
  await door.say(session, asked, { traceparent }, "/servers/crm/mcp");
  const { exchange, request: made } = door.gateway.asked.calls[0]!;
  expect(made).toMatchObject({
    asked: { method: "tools/call", name: "refund", args: { amount: 1, nested: { b: [1, "ü"] } } },
  });
  expect(made.onProgress).toBeUndefined();
  expect(exchange).toMatchObject({
    serverId: "crm",
    era: "session",
    client: { name: "test", version: "1" },
    session: { id: session },
    traceparent,
  });
  expect(exchange.request).toEqual({ intent: "help", confidence: 0.5, dryRun: true });
});

test.each([
  ["no name", { arguments: {} }],
  ["an empty name", { name: "" }],
  ["arguments that are an array", { name: "t", arguments: [] }],
  ["arguments that are null", { name: "t", arguments: null }],
  ["an endless name", { name: "x".repeat(1025) }],
  ["an endless progress token", { name: "t", _meta: { progressToken: "x".repeat(257) } }],
  ["a fractional progress token", { name: "t", _meta: { progressToken: 1.5 } }],
  ["_meta that is a text", { name: "t", _meta: "x" }],
  ["a claim as text", { name: "t", _meta: { "toolgate/request": { dryRun: "true" } } }],
  ["an unknown claim", { name: "t", _meta: { "toolgate/request": { dry: true } } }],
])("a call with %s has invalid parameters and reaches nothing", async (_what, params) => {
  const door = await doorUnderTest();
  const session = await door.open();
  expect((await door.say(session, { jsonrpc: "2.0", id: 4, method: "tools/call", params: { name: "t" } })).json().result).toBeDefined();
  expect((await door.say(session, { jsonrpc: "2.0", id: 4, method: "tools/call", params })).json()).toMatchObject({
    id: 4,
    error: { code: -32602 },
  });
  expect(door.gateway.asked.calls).toHaveLength(1);
});

test("each kind of answer has its form", async () => {
  const door = await doorUnderTest();
  const session = await door.open();
  const answered = async (answer: Answer) => {
    door.gateway.answer = () => answer;
    return await door.say(session, call());
  };
  const result = await answered({
    kind: "result",
    text: '{"resultType":"complete", "content":[],"n":9007199254740993}',
    decisionId: DECISION,
    era: "stateless",
  });
  expect(result.body).toBe('{"jsonrpc":"2.0","id":2,"result":{"content":[],"n":9007199254740993}}');
  const refusal = { ...refusedBy("budget.exhausted", "The budget is used up.", "Wait."), retryAfterMs: 500 };
  expect((await answered({ kind: "refused", ...refusal })).json().result).toEqual({
    content: [{ type: "text", text: "The budget is used up. Wait." }],
    isError: true,
    _meta: {
      "toolgate/decision": {
        id: refusal.decisionId,
        effect: "deny",
        reasons: [{ code: "budget.exhausted", message: "The budget is used up.", remedy: "Wait." }],
        retryAfterMs: 500,
      },
    },
  });
  expect((await answered({ kind: "unknown", decisionId: DECISION })).json()).toEqual({
    jsonrpc: "2.0",
    id: 2,
    error: { code: -32602, message: "Unknown tool: crm__refund", data: { decision: "dec_0" } },
  });
  const error = await answered({
    kind: "error",
    code: -32050,
    message: "server says no",
    data: { a: 1 },
    decisionId: DECISION,
    era: "session",
  });
  expect([error.statusCode, error.json().error]).toEqual([200, { code: -32050, message: "server says no", data: { a: 1 } }]);
  const cancelled = await answered({ kind: "cancelled", decisionId: DECISION });
  expect([cancelled.statusCode, cancelled.body]).toEqual([202, ""]);
});

test("progress turns the answer into a stream that ends with the result", async () => {
  const door = await doorUnderTest();
  const session = await door.open();
  door.gateway.answer = (asked) => {
    asked.onProgress?.({ progress: 1, total: 2, message: "line\nbreak" });
    asked.onProgress?.({ progress: 2, total: 2 });
    return { kind: "result", text: '{"content":[]}', decisionId: DECISION, era: "session" };
  };
  const asked = call("t", {}, 9, { _meta: { progressToken: "tok" } });
  const streamed = await door.say(session, asked);
  expect(streamed.headers["content-type"]).toBe("text/event-stream");
  const frames = streamed.body.split("\n\n").filter(Boolean);
  const ids = frames.map((frame) => /^id: (\S+)$/m.exec(frame)?.[1]);
  expect(ids.map((id) => id?.replace(/.*_/, ""))).toEqual(["0", "1", "2", "3"]);
  expect(new Set(ids.map((id) => id?.replace(/_\d+$/, ""))).size).toBe(1);
  // The client learns where to come back to before anything is said, and when.
  expect(frames[0]).toMatch(/^id: \S+\nretry: \d+\ndata: $/);
  expect(frames.slice(1).map((frame) => JSON.parse(frame.replace(/^id: .*\nevent: message\ndata: /, "")))).toEqual([
    { jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: "tok", progress: 1, total: 2, message: "line\nbreak" } },
    { jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: "tok", progress: 2, total: 2 } },
    { jsonrpc: "2.0", id: 9, result: { content: [] } },
  ]);
  const plain = await door.say(session, asked, { accept: "application/json" });
  expect(plain.json()).toEqual({ jsonrpc: "2.0", id: 9, result: { content: [] } });
});

test("a call that asks for progress and gets none is answered with plain JSON", async () => {
  const door = await doorUnderTest();
  const answer = await door.say(await door.open(), call("t", {}, 9, { _meta: { progressToken: 0 } }));
  expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
  expect(door.gateway.asked.calls[0]!.request.onProgress).toBeDefined();
});

test("a bug after progress ends the stream with an error", async () => {
  const door = await doorUnderTest();
  const session = await door.open();
  door.gateway.answer = (asked) => {
    asked.onProgress?.({ progress: 1 });
    throw new Error("secret detail");
  };
  const answer = await door.say(session, call("t", {}, 9, { _meta: { progressToken: 1 } }));
  expect(answer.body).toContain('"id":9,"error":{"code":-32603');
  expect(answer.body).not.toContain("secret detail");
});

/** Answers `cancelled` once its signal is aborted, and says when it waits. */
function hanging(door: DoorUnderTest): { readonly waiting: () => Promise<GatewayRequest[]> } {
  const waiting: GatewayRequest[] = [];
  door.gateway.answer = async (asked) => {
    waiting.push(asked);
    await new Promise((resolve) => asked.signal.addEventListener("abort", resolve, { once: true }));
    return { kind: "cancelled", decisionId: DECISION };
  };
  return { waiting: () => vi.waitUntil(() => waiting.length > 0 && waiting) };
}

const cancel = (requestId: unknown) => ({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId, reason: "enough" } });

test("a cancellation aborts the call of that id in its own session, and no other", async () => {
  const door = await doorUnderTest();
  const [session, other] = [await door.open(), await door.open("bob")];
  const { waiting } = hanging(door);
  const answer = door.say(session, call("t", {}, 5));
  const [asked] = await waiting();
  await door.say(other, cancel(5), { authorization: "Bearer bob" });
  await door.say(session, cancel("5"));
  await door.say(session, cancel(6));
  expect(asked!.signal.aborted).toBe(false);
  expect((await door.say(session, cancel(5))).statusCode).toBe(202);
  expect(asked!.signal.aborted).toBe(true);
  expect((await answer).statusCode).toBe(202);
});

test("an id that is under way cannot be used a second time, and can afterwards", async () => {
  const door = await doorUnderTest();
  const session = await door.open();
  const { waiting } = hanging(door);
  const first = door.say(session, call("t", {}, 5));
  await waiting();
  expect((await door.say(session, call("t", {}, 5))).json()).toMatchObject({ id: 5, error: { code: -32600 } });
  await door.say(session, cancel(5));
  await first;
  door.gateway.answer = () => ({ kind: "result", text: "{}", decisionId: DECISION, era: "session" });
  expect((await door.say(session, call("t", {}, 5))).json().result).toEqual({});
});

test("a connection that closes does not cancel a call of a session, ending the session does", async () => {
  const door = await doorUnderTest();
  const url = await door.listen();
  const session = await door.open();
  const { waiting } = hanging(door);
  const sent = request(url, { method: "POST", headers: { ...headersOf(session), "content-type": "application/json" } });
  sent.on("error", () => {});
  sent.end(JSON.stringify(call("t", {}, 5)));
  const [asked] = await waiting();
  const closed = new Promise((resolve) => sent.once("close", resolve));
  sent.destroy();
  await closed;
  expect((await door.say(session, { jsonrpc: "2.0", id: 1, method: "ping" })).statusCode).toBe(200);
  expect(asked!.signal.aborted).toBe(false);
  await door.app.inject({ method: "DELETE", url: "/mcp", headers: { host: "localhost", ...headersOf(session) } });
  expect(asked!.signal.aborted).toBe(true);
});

test("the GET stream tells that the list changed, keeps itself alive, and ends with its session", async () => {
  const door = await doorUnderTest();
  const url = await door.listen();
  const session = await door.open();
  const stream = await openStream(url, headersOf(session));
  expect([stream.status, stream.headers["content-type"], stream.headers["mcp-session-id"]]).toEqual([200, "text/event-stream", session]);
  door.gateway.changeList();
  expect(await stream.next()).toBe('event: message\ndata: {"jsonrpc":"2.0","method":"notifications/tools/list_changed"}');
  door.clock.advance(15_000);
  expect(await stream.next()).toBe(": keep-alive");
  await door.app.inject({ method: "DELETE", url: "/mcp", headers: { host: "localhost", ...headersOf(session) } });
  expect(await stream.next()).toBeUndefined();
});

test("a second GET stream of a session takes over from the first", async () => {
  const door = await doorUnderTest();
  const url = await door.listen();
  const session = await door.open();
  const first = await openStream(url, headersOf(session));
  const second = await openStream(url, headersOf(session));
  expect(await first.next()).toBeUndefined();
  door.gateway.changeList();
  expect(await second.next()).toContain("list_changed");
});

test("a stream is closed when policy no longer admits its caller, and when its token expires", async () => {
  const door = await doorUnderTest();
  const url = await door.listen();
  const session = await door.open();
  const stream = await openStream(url, headersOf(session));
  door.gateway.refusal = refusedBy("agent.inactive", "This agent is suspended or retired.");
  door.gateway.changeList();
  expect(await stream.next()).toBeUndefined();
  door.gateway.refusal = undefined;
  const expired = await openStream(url, headersOf(await door.open("old"), "old"));
  expect(await expired.next()).toBeUndefined();
});

test("GET needs a session and the right Accept, and streams are counted", async () => {
  const door = await doorUnderTest({ limits: { streams_per_caller: 1 } });
  const url = await door.listen();
  const session = await door.open();
  const get = (headers: Record<string, string>) =>
    door.app.inject({ method: "GET", url: "/mcp", headers: { host: "localhost", authorization: "Bearer ann", ...headers } });
  expect((await get({ accept: "application/json", "mcp-session-id": session })).statusCode).toBe(406);
  expect((await get({ accept: "text/event-stream" })).statusCode).toBe(400);
  expect((await get({ accept: "text/event-stream", "mcp-session-id": "ses_x" })).statusCode).toBe(404);
  const stream = await openStream(url, headersOf(session));
  expect((await get({ accept: "text/event-stream", "mcp-session-id": await door.open() })).statusCode).toBe(429);
  stream.close();
});

test("closing the gateway ends open streams", async () => {
  const door = await doorUnderTest();
  const url = await door.listen();
  const stream = await openStream(url, headersOf(await door.open()));
  await door.app.close();
  expect(await stream.next()).toBeUndefined();
});

test("a store of sessions that cannot be reached is a 503 that may be tried again, and nothing is carried out", async () => {
  const door = await doorUnderTest();
  const session = await door.open();
  door.sessions.find = async () => {
    throw new SessionsUnavailable("secret address");
  };
  const get = { host: "localhost", ...headersOf(session) };
  const answers = [
    await door.say(session, call()),
    await door.say(session, { jsonrpc: "2.0", id: "x", result: {} }),
    await door.app.inject({ method: "GET", url: "/mcp", headers: get }),
    await door.app.inject({ method: "DELETE", url: "/mcp", headers: get }),
  ];
  for (const answer of answers) {
    expect([answer.statusCode, answer.headers["retry-after"], answer.json()]).toMatchObject([503, "5", { error: { code: -32000 } }]);
    expect(answer.body).not.toContain("secret address");
  }
  expect(door.gateway.asked.calls).toHaveLength(0);
  expect(door.sessions.open_.size).toBe(1);
});
