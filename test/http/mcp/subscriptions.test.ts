import { expect, test, vi } from "vitest";
import { fakeSessions, refusedBy, resultOf } from "../../support/fake-gateway.ts";
import { type DoorUnderTest, doorUnderTest, envelope, STATELESS_VERSION } from "./door-under-test.ts";
import { replicaHub } from "./replica-hub.ts";
import { openStream } from "./sse.ts";

const headersOf = (session: string, token = "ann") => ({
  authorization: `Bearer ${token}`,
  "mcp-session-id": session,
  accept: "application/json, text/event-stream",
});
const about = (door: DoorUnderTest, session: string, method: string, params: object, token = "ann") =>
  door.say(session, { jsonrpc: "2.0", id: 4, method, params }, { authorization: `Bearer ${token}` });
const updated = (uri: string) => ({ jsonrpc: "2.0", method: "notifications/resources/updated", params: { uri } });

test("a session hears of the resources it subscribed to, before or after it opened its stream, and of no others", async () => {
  const door = await doorUnderTest();
  const url = await door.listen();
  const session = await door.open();
  await about(door, session, "resources/subscribe", { uri: "file:///a" });
  expect(door.gateway.watched).toEqual([]);
  const stream = await openStream(url, headersOf(session));
  await vi.waitUntil(() => door.gateway.watched.length === 1);
  expect((await about(door, session, "resources/subscribe", { uri: "FILE:///B" })).json()).toEqual({ jsonrpc: "2.0", id: 4, result: {} });
  await vi.waitUntil(() => door.gateway.watched.length === 2);
  expect(door.gateway.watched).toEqual(["file:///a", "file:///b"]);
  door.gateway.changeResource("file:///b");
  door.gateway.changeResource("file:///c");
  door.gateway.changeResource("file:///a");
  expect([await stream.message(), await stream.message()]).toEqual([updated("file:///b"), updated("file:///a")]);
  await about(door, session, "resources/unsubscribe", { uri: "file:///x/../b" });
  await vi.waitUntil(() => door.gateway.watched.length === 1);
  door.gateway.refuseWatchers("file:///a");
  expect(door.gateway.watched).toEqual([]);
});

test("a resource that is unknown or refused is not subscribed to", async () => {
  const door = await doorUnderTest();
  const session = await door.open();
  const [unknown, refused] = ["secret:a", "closed:a"].map((uri) => about(door, session, "resources/subscribe", { uri }));
  expect((await unknown!).json()).toMatchObject({ id: 4, error: { code: -32002, data: { uri: "secret:a" } } });
  expect((await refused!).json()).toMatchObject({
    id: 4,
    error: { code: 403, data: { "toolgate/decision": { reasons: [{ code: "docs.closed" }] } } },
  });
  expect(door.sessions.open_.get(session)?.subscriptions).toEqual([]);
});

test("a session has as many subscriptions as it may have", async () => {
  const door = await doorUnderTest();
  const session = await door.open();
  for (let n = 0; n < 4; n++) await about(door, session, "resources/subscribe", { uri: `file:///${n}` });
  const fifth = await about(door, session, "resources/subscribe", { uri: "file:///5" });
  expect([fifth.statusCode, fifth.json()]).toMatchObject([429, { id: 4, error: { code: -32000 } }]);
  expect(door.gateway.asked.refusals).toMatchObject([{ method: "resources/subscribe" }]);
});

test("another principal's session cannot be changed", async () => {
  const door = await doorUnderTest();
  const session = await door.open();
  for (const [method, params] of [
    ["resources/subscribe", { uri: "file:///a" }],
    ["resources/unsubscribe", { uri: "file:///a" }],
    ["logging/setLevel", { level: "debug" }],
    ["tools/call", { name: "t" }],
  ] as const) {
    expect((await about(door, session, method, params, "bob")).statusCode).toBe(404);
  }
  expect(door.sessions.open_.get(session)).toMatchObject({ subscriptions: [] });
  expect(door.gateway.asked).toMatchObject({ calls: [], subscribes: [] });
});

test("a subscription through one replica is heard on the stream that another holds", async () => {
  const hub = replicaHub();
  const replicas = hub.join("r1");
  const sessions = fakeSessions(100, replicas);
  const first = await doorUnderTest({}, undefined, { sessions, replicas });
  const second = await doorUnderTest({}, undefined, { sessions, replicas: hub.join("r2") });
  const session = await first.open();
  const stream = await openStream(await first.listen(), headersOf(session));
  await about(second, session, "resources/subscribe", { uri: "file:///a" });
  await vi.waitUntil(() => first.gateway.watched.length === 1);
  expect(second.gateway.watched).toEqual([]);
  first.gateway.changeResource("file:///a");
  expect(await stream.message()).toEqual(updated("file:///a"));
  await second.app.inject({ method: "DELETE", url: "/mcp", headers: { host: "localhost", ...headersOf(session) } });
  expect(await stream.next()).toBeUndefined();
  expect(first.gateway.watched).toEqual([]);
});

test("a stream of a session ends when its session did, although nobody told", async () => {
  const door = await doorUnderTest();
  const session = await door.open();
  const stream = await openStream(await door.listen(), headersOf(session));
  await door.sessions.endAll(door.sessions.open_.get(session)!.owner, 0);
  door.clock.advance(60_000);
  const heard: string[] = [];
  for (let frame = await stream.next(); frame !== undefined; frame = await stream.next()) heard.push(frame);
  expect(heard.every((frame) => frame === ": keep-alive")).toBe(true);
});

test("each list has its own news", async () => {
  const door = await doorUnderTest();
  const stream = await openStream(await door.listen(), headersOf(await door.open()));
  const methods: string[] = [];
  for (const kind of ["tools", "prompts", "resources", "templates"] as const) {
    door.gateway.changeList(kind);
    methods.push((await stream.message()).method);
  }
  expect(methods.map((method) => method.split("/")[1])).toEqual(["tools", "prompts", "resources", "resources"]);
});

const listenHeaders = {
  authorization: "Bearer ann",
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
  "mcp-protocol-version": STATELESS_VERSION,
  "mcp-method": "subscriptions/listen",
};
const listenBody = (notifications: unknown, capabilities: object = {}) =>
  JSON.stringify({
    jsonrpc: "2.0",
    id: 0,
    method: "subscriptions/listen",
    params: { notifications, _meta: envelope({ "io.modelcontextprotocol/clientCapabilities": capabilities }) },
  });
const mine = { "io.modelcontextprotocol/subscriptionId": 0 };

test("a stateless stream tells what was asked for, as far as its caller may hear of it, in the caller's own words", async () => {
  const door = await doorUnderTest();
  const url = await door.listen();
  const wanted = {
    promptsListChanged: true,
    resourcesListChanged: true,
    resourceSubscriptions: ["FILE:///a", "FILE:///a", "secret:b", "closed:c"],
  };
  const stream = await openStream(url, listenHeaders, listenBody(wanted));
  expect((await stream.message()).params).toEqual({
    notifications: { promptsListChanged: true, resourcesListChanged: true, resourceSubscriptions: ["FILE:///a"] },
    _meta: mine,
  });
  expect(door.gateway.watched).toEqual(["file:///a"]);
  door.gateway.changeList("tools");
  door.gateway.changeResource("file:///a");
  expect(await stream.message()).toEqual({ ...updated("FILE:///a"), params: { uri: "FILE:///a", _meta: mine } });
  door.gateway.changeList("tools", "templates");
  expect(await stream.message()).toMatchObject({ method: "notifications/resources/list_changed", params: { _meta: mine } });
  door.gateway.refuseWatchers("file:///a");
  expect(door.gateway.watched).toEqual([]);
  stream.close();
});

test("a stream that closes stops watching", async () => {
  const door = await doorUnderTest();
  const stream = await openStream(await door.listen(), listenHeaders, listenBody({ resourceSubscriptions: ["file:///a", "file:///b"] }));
  await stream.message();
  expect(door.gateway.watched).toHaveLength(2);
  stream.close();
  await vi.waitUntil(() => door.gateway.watched.length === 0);
});

test("a caller watches as many resources as it may, over all its streams; more are refused before they are judged", async () => {
  const door = await doorUnderTest({ limits: { watched_per_caller: 3 } });
  const url = await door.listen();
  const first = await openStream(url, listenHeaders, listenBody({ resourceSubscriptions: ["file:///a", "file:///b"] }));
  await first.message();
  const second = await openStream(url, listenHeaders, listenBody({ resourceSubscriptions: ["file:///c", "file:///d"] }));
  expect(second.status).toBe(429);
  expect(door.gateway.asked.subscribes).toHaveLength(2);
  expect(door.gateway.asked.refusals).toMatchObject([{ code: "gateway.invalid_request", method: "subscriptions/listen" }]);
  const bob = await openStream(
    url,
    { ...listenHeaders, authorization: "Bearer bob" },
    listenBody({ resourceSubscriptions: ["file:///c"] }),
  );
  expect(bob.status).toBe(200);
});

test.each([
  [{ toolsListChanged: "yes" }, -32602],
  [{ resourceSubscriptions: "file:///a" }, -32602],
  [{ resourceSubscriptions: [1] }, -32602],
  [{ taskIds: ["t1"] }, -32021],
])("a subscription to %j is refused", async (notifications, code) => {
  const door = await doorUnderTest();
  expect((await door.ask("subscriptions/listen", { notifications })).json()).toMatchObject({ id: 7, error: { code } });
  expect(door.gateway.watched).toEqual([]);
});

test("a session hears log messages from the level that it set, a stateless client only if it asks", async () => {
  const door = await doorUnderTest();
  door.gateway.answer = ({ onLog }) => {
    for (const level of ["debug", "warning", "error"] as const) onLog?.({ level, logger: "crm", data: { level } });
    return resultOf({});
  };
  const heard = (body: string) =>
    [...body.matchAll(/"method":"notifications\/message","params":\{"level":"(\w+)"/g)].map((match) => match[1]);
  const session = await door.open();
  expect(heard((await about(door, session, "tools/call", { name: "t" })).body)).toEqual(["debug", "warning", "error"]);
  await about(door, session, "logging/setLevel", { level: "warning" });
  expect(heard((await about(door, session, "tools/call", { name: "t" })).body)).toEqual(["warning", "error"]);
  expect((await door.ask("tools/call", { name: "t" })).headers["content-type"]).toContain("application/json");
  const asked = await door.ask("tools/call", { name: "t" }, { meta: envelope({ "io.modelcontextprotocol/logLevel": "error" }) });
  expect(heard(asked.body)).toEqual(["error"]);
  expect(door.gateway.asked.calls.map(({ request }) => request.logLevel)).toEqual(["info", "warning", undefined, "error"]);
  const loud = await door.ask("tools/call", { name: "t" }, { meta: envelope({ "io.modelcontextprotocol/logLevel": "loud" }) });
  expect(loud.json()).toMatchObject({ error: { code: -32602 } });
});

test("who may no longer connect hears nothing more", async () => {
  const door = await doorUnderTest();
  const session = await door.open();
  await about(door, session, "resources/subscribe", { uri: "file:///a" });
  const stream = await openStream(await door.listen(), headersOf(session));
  await vi.waitUntil(() => door.gateway.watched.length === 1);
  door.gateway.refusal = refusedBy("agent.inactive", "This agent is suspended or retired.");
  door.gateway.changeList();
  expect(await stream.next()).toBeUndefined();
  expect(door.gateway.watched).toEqual([]);
});
