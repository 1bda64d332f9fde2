import { request } from "node:http";
import type { Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import type { Exchange, GatewayRequest } from "../../../src/gateway/index.ts";
import { Replays } from "../../../src/http/mcp/streams/index.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import { fakeSessions, offersAll, refusedBy, resultOf } from "../../support/fake-gateway.ts";
import { mostHeldDuring } from "../../support/held-memory.ts";
import { call, doorUnderTest, envelope, initialize, STATELESS_VERSION } from "./door-under-test.ts";
import { replicaHub } from "./replica-hub.ts";
import { openStream } from "./sse.ts";

const MEBIBYTE = 1024 * 1024;

test("a server that says much on a stream that nobody reads makes the gateway hold no more than its caller's quota", async () => {
  const replays = new Replays("r", MEBIBYTE, 1_000, manualClock(0));
  const stream = replays.open("answer", { session: "a", owner: "ann" });
  const flood = async () => {
    for (let event = 0; event < 200; event++) {
      stream.send(Buffer.alloc(MEBIBYTE / 4, 97 + (event % 26)).toString("latin1"));
      for (let turn = 0; turn < 5; turn++) await nextTurn();
    }
  };
  // 50 MiB were said; garbage of a moment and what else goes on need a little too.
  expect(await mostHeldDuring(flood())).toBeLessThan(25 * MEBIBYTE);
  expect(replays.bytesOf("ann")).toBeLessThanOrEqual(MEBIBYTE);
});

const headersOf = (session: string, token = "ann") => ({
  authorization: `Bearer ${token}`,
  "content-type": "application/json",
  "mcp-session-id": session,
  accept: "application/json, text/event-stream",
});

const statelessHeaders = {
  authorization: "Bearer ann",
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
  "mcp-protocol-version": STATELESS_VERSION,
};

test("sessions that are revoked all at once lose their open streams and calls on every replica, and those of others go on", async () => {
  const hub = replicaHub();
  const replicas = hub.join("r1");
  const sessions = fakeSessions(100, replicas);
  const first = await doorUnderTest({}, undefined, { sessions, replicas });
  const second = await doorUnderTest({}, undefined, { sessions, replicas: hub.join("r2") });
  const [firstUrl, secondUrl] = [await first.listen(), await second.listen()];
  const [ann, also, bob] = [await first.open(), await first.open(), await first.open("bob")];
  const aborted = Promise.withResolvers<void>();
  first.gateway.answer = async ({ signal, onProgress }) => {
    onProgress?.({ progress: 1 });
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    aborted.resolve();
    return resultOf({});
  };
  const streams = [
    await openStream(firstUrl, headersOf(ann)),
    await openStream(secondUrl, headersOf(also)),
    await openStream(firstUrl, headersOf(ann), JSON.stringify(call("t", {}, 2, { _meta: { progressToken: 1 } }))),
  ];
  const others = await openStream(secondUrl, headersOf(bob, "bob"));
  await streams[2]?.message();
  const [owner] = [...sessions.open_.values()].map((session) => session.owner);
  expect(await sessions.endAll(String(owner), 0)).toBe(2);
  for (const stream of streams) expect(await stream.next()).toBeUndefined();
  await aborted.promise;
  second.gateway.changeList();
  expect(await others.message()).toMatchObject({ method: "notifications/tools/list_changed" });
});

test("a cancellation with an id as long as a body is told to no other replica", async () => {
  const hub = replicaHub();
  const door = await doorUnderTest({}, undefined, { replicas: hub.join("r1") });
  const told: unknown[] = [];
  hub.join("r2").onTold("door/cancel", (payload) => told.push(payload));
  const session = await door.open();
  const cancel = (requestId: unknown) => door.say(session, { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } });
  for (const id of ["x".repeat(100_000), 1.5, null, { a: 1 }]) expect((await cancel(id)).statusCode).toBe(202);
  expect(told).toEqual([]);
  await cancel("x");
  expect(told).toEqual([{ session, requestId: "x" }]);
});

test("many that listen at once find as much room as one after another", async () => {
  const door = await doorUnderTest({ limits: { streams_per_caller: 3, watched_per_caller: 5 } });
  const url = await door.listen();
  const judging = Promise.withResolvers<void>();
  const { subscribe } = door.gateway;
  door.gateway.subscribe = async (exchange, uri) => {
    const judged = await subscribe(exchange, uri);
    await judging.promise;
    return judged;
  };
  const listen = (uris: string[], id: number) =>
    openStream(
      url,
      { ...statelessHeaders, "mcp-method": "subscriptions/listen" },
      JSON.stringify({
        jsonrpc: "2.0",
        id,
        method: "subscriptions/listen",
        params: { notifications: { resourceSubscriptions: uris }, _meta: envelope() },
      }),
    );
  const opening = Array.from({ length: 40 }, (_, id) => listen([`file:///${id}a`, `file:///${id}b`], id));
  await vi.waitUntil(() => door.gateway.asked.subscribes.length === 40);
  judging.resolve();
  const opened = (await Promise.all(opening)).filter(({ status }) => status === 200);
  expect(opened).toHaveLength(2);
  expect(door.gateway.watched).toHaveLength(4);
});

test("a server that says without end that its lists changed has the streams judged now and then, and the last word is told", async () => {
  const door = await doorUnderTest();
  const stream = await openStream(await door.listen(), headersOf(await door.open()));
  const before = door.gateway.asked.admits.length;
  for (let change = 0; change < 1_000; change++) {
    door.gateway.changeList();
    if (change % 10 === 0) await nextTurn();
  }
  door.gateway.changeList("prompts");
  while ((await stream.message()).method !== "notifications/prompts/list_changed");
  expect(door.gateway.asked.admits.length - before).toBeLessThan(10);
});

test("who resumes over and over without reading leaves one connection with what it did not read", async () => {
  const door = await doorUnderTest({ limits: { replay_bytes_per_caller: 64 * MEBIBYTE } });
  const url = await door.listen();
  const session = await door.open();
  const [started, end] = [Promise.withResolvers<GatewayRequest>(), Promise.withResolvers<void>()];
  door.gateway.answer = async (asked) => {
    started.resolve(asked);
    await end.promise;
    return resultOf({});
  };
  const opening = openStream(url, headersOf(session), JSON.stringify(call("t", {}, 2, { _meta: { progressToken: 1 } })));
  const asked = await started.promise;
  asked.onProgress?.({ progress: 1 });
  const stream = await opening;
  await stream.message();
  const last = String(stream.lastId());
  stream.close();
  for (let progress = 2; progress < 42; progress++) asked.onProgress?.({ progress, message: "x".repeat(MEBIBYTE) });
  const waiting = new Set<Socket>();
  door.app.server.on("connection", (socket) => {
    waiting.add(socket);
    socket.once("close", () => waiting.delete(socket));
  });
  for (let time = 0; time < 4; time++) {
    const sent = request(url, { headers: { ...headersOf(session), "last-event-id": last }, agent: false });
    onTestFinished(() => void sent.destroy());
    sent.on("error", () => {}).on("response", (response) => response.pause().on("error", () => {}));
    await new Promise((resolve) => sent.once("response", resolve).end());
  }
  await vi.waitUntil(() => [...waiting].filter((socket) => socket.writableLength > 0).length <= 1);
  end.resolve();
});

test("a stream of news that is resumed with a new token goes on hearing of resources when the old token is over", async () => {
  const door = await doorUnderTest();
  const url = await door.listen();
  const session = await door.open();
  await door.say(session, { jsonrpc: "2.0", id: 2, method: "resources/subscribe", params: { uri: "file:///a" } });
  const watchedBy: Exchange[] = [];
  const { watch } = door.gateway;
  door.gateway.watch = (exchange, ...rest) => {
    watchedBy.push(exchange);
    return watch(exchange, ...rest);
  };
  const stream = await openStream(url, headersOf(session));
  door.gateway.changeResource("file:///a");
  await stream.message();
  const last = String(stream.lastId());
  stream.close();
  // As the watch of a token that is over ends.
  door.gateway.refuseWatchers("file:///a");
  expect(door.gateway.watched).toEqual([]);
  const again = await openStream(url, { ...headersOf(session), "last-event-id": last });
  await vi.waitUntil(() => door.gateway.watched.length === 1);
  door.gateway.changeResource("file:///a");
  expect(await again.message()).toMatchObject({ method: "notifications/resources/updated" });
  expect(watchedBy.at(-1)).not.toBe(watchedBy[0]);
});

test("who may no longer connect opens no stream with a session of before", async () => {
  const door = await doorUnderTest();
  const session = await door.open();
  door.gateway.refusal = refusedBy("org.closed", "Closed.");
  const stream = await door.app.inject({ method: "GET", url: "/mcp", headers: { host: "localhost", ...headersOf(session) } });
  expect([stream.statusCode, stream.json()]).toMatchObject([403, { error: { code: 403, message: "Closed." } }]);
});

test("a session is not offered an extension whose methods only the stateless era has", async () => {
  const door = await doorUnderTest();
  const extensions = { "io.modelcontextprotocol/tasks": {}, "x/y": {} };
  door.gateway.offered = { ...offersAll, extensions };
  const opened = await door.post(initialize());
  expect(opened.json().result.capabilities.extensions).toEqual({ "x/y": {} });
  expect((await door.ask("server/discover")).json().result.capabilities.extensions).toEqual(extensions);
});

test("a large answer after progress, and much that was missed, reach a reader that reads", async () => {
  const door = await doorUnderTest({ limits: { replay_bytes_per_caller: 64 * MEBIBYTE } });
  const url = await door.listen();
  const session = await door.open();
  const text = "y".repeat(12 * MEBIBYTE);
  door.gateway.answer = async ({ onProgress }) => {
    onProgress?.({ progress: 1 });
    return resultOf({ content: [{ type: "text", text }] });
  };
  const progress = { _meta: { progressToken: 1 } };
  const stream = await openStream(url, headersOf(session), JSON.stringify(call("t", {}, 2, progress)));
  await stream.message();
  const last = String(stream.lastId());
  expect((await stream.message()).result.content[0].text === text).toBe(true);
  const again = await openStream(url, { ...headersOf(session), "last-event-id": last });
  expect((await again.message()).result.content[0].text === text).toBe(true);
});

test("an answer that is too large to be carried to another replica is told to be so, and the question stays open", async () => {
  const [hub, sessions] = [replicaHub(), fakeSessions()];
  const first = await doorUnderTest({}, undefined, { sessions, replicas: hub.join("r1") });
  const second = await doorUnderTest({}, undefined, { sessions, replicas: hub.join("r2") });
  first.gateway.answer = async ({ ask }) => resultOf({ told: await ask?.({ method: "roots/list", params: {} }) });
  const session = await first.open("ann", "/mcp", "2025-11-25", { roots: {} });
  const stream = await openStream(await first.listen(), headersOf(session), JSON.stringify(call("t")));
  const { id } = await stream.message();
  const large = await second.say(session, { jsonrpc: "2.0", id, result: { roots: [], much: "x".repeat(MEBIBYTE) } });
  expect([large.statusCode, large.json().error.message]).toEqual([
    413,
    "The answer is larger than 1 MiB, and cannot be carried to the replica that asked",
  ]);
  expect((await second.say(session, { jsonrpc: "2.0", id, result: { roots: [] } })).statusCode).toBe(202);
  expect((await stream.message()).result.told).toEqual({ kind: "result", result: { roots: [] } });
});
