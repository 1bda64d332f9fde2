import { request } from "node:http";
import fc from "fast-check";
import { expect, onTestFinished, test, vi } from "vitest";
import type { GatewayRequest } from "../../../src/gateway/index.ts";
import { type Line, Replays, readEventId } from "../../../src/http/mcp/streams/index.ts";
import { ReplayBuffer } from "../../../src/http/mcp/streams/replay-buffer.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import { fakeSessions, resultOf } from "../../support/fake-gateway.ts";
import { call, type DoorUnderTest, doorUnderTest } from "./door-under-test.ts";
import { replicaHub } from "./replica-hub.ts";
import { openStream } from "./sse.ts";

const headersOf = (session: string, token = "ann") => ({
  authorization: `Bearer ${token}`,
  "content-type": "application/json",
  "mcp-session-id": session,
  accept: "application/json, text/event-stream",
});
const withProgress = (id = 2) => JSON.stringify(call("t", {}, id, { _meta: { progressToken: "p" } }));

/** Calls that report when told to, and end when told to. */
function steered(door: DoorUnderTest) {
  const { promise, resolve } = Promise.withResolvers<GatewayRequest>();
  const end = Promise.withResolvers<void>();
  door.gateway.answer = async (asked) => {
    resolve(asked);
    await end.promise;
    return resultOf({ content: [], done: !asked.signal.aborted });
  };
  return { started: promise, end: () => end.resolve() };
}

test("a client that drops loses nothing: its call goes on, and it comes back for what it missed and for the answer", async () => {
  const door = await doorUnderTest();
  const { started, end } = steered(door);
  const url = await door.listen();
  const session = await door.open();
  const opening = openStream(url, headersOf(session), withProgress());
  const asked = await started;
  asked.onProgress?.({ progress: 1 });
  const stream = await opening;
  expect(await stream.message()).toMatchObject({ params: { progress: 1 } });
  const last = String(stream.lastId());
  stream.close();
  asked.onProgress?.({ progress: 2 });
  const again = await openStream(url, { ...headersOf(session), "last-event-id": last });
  expect(again.headers["mcp-session-id"]).toBe(session);
  expect(await again.message()).toMatchObject({ params: { progress: 2 } });
  asked.onProgress?.({ progress: 3 });
  expect(await again.message()).toMatchObject({ params: { progress: 3 } });
  end();
  expect(await again.message()).toEqual({ jsonrpc: "2.0", id: 2, result: { content: [], done: true } });
  expect(await again.next()).toBeUndefined();
  // Delivered, and still there in case it was lost on the way.
  const third = await openStream(url, { ...headersOf(session), "last-event-id": last });
  expect([(await third.message()).params, (await third.message()).params, (await third.message()).result]).toMatchObject([
    { progress: 2 },
    { progress: 3 },
    { done: true },
  ]);
  expect(await third.next()).toBeUndefined();
});

test("resuming another's stream looks like resuming none", async () => {
  const door = await doorUnderTest();
  const { started, end } = steered(door);
  const url = await door.listen();
  const session = await door.open();
  const opening = openStream(url, headersOf(session), withProgress());
  (await started).onProgress?.({ progress: 1 });
  const stream = await opening;
  await stream.message();
  const last = String(stream.lastId());
  const get = (id: string, of: string, token = "ann") =>
    door.app.inject({ method: "GET", url: "/mcp", headers: { host: "localhost", ...headersOf(of, token), "last-event-id": id } });
  const refused = [
    await get(last, await door.open()),
    await get(last, await door.open("bob"), "bob"),
    await get(last.replace(/_\d+$/, "_9"), session),
    await get(`r0_${"0".repeat(24)}_1`, session),
    await get("1", session),
    await get("x".repeat(5_000), session),
  ];
  for (const answer of refused) {
    expect([answer.statusCode, answer.json()]).toMatchObject([404, { id: null, error: { code: -32000 } }]);
    expect(answer.body).toBe(refused[0]!.body);
  }
  expect((await get(last, session, "bob")).statusCode).toBe(404);
  // Its own reader heard none of it.
  end();
  expect(await stream.message()).toMatchObject({ id: 2, result: { done: true } });
  expect(door.gateway.asked.refusals).toHaveLength(7);
});

test("a resume that would miss events is refused, not shortened", async () => {
  const door = await doorUnderTest({ limits: { replay_bytes_per_caller: 400 } });
  const { started, end } = steered(door);
  const url = await door.listen();
  const session = await door.open();
  const opening = openStream(url, headersOf(session), withProgress());
  const asked = await started;
  asked.onProgress?.({ progress: 1 });
  const stream = await opening;
  await stream.message();
  const last = String(stream.lastId());
  stream.close();
  for (let progress = 2; progress < 50; progress++) asked.onProgress?.({ progress });
  const again = await openStream(url, { ...headersOf(session), "last-event-id": last });
  expect(again.status).toBe(404);
  end();
});

test("a stream at another replica is read through the one that is asked, sign for sign", async () => {
  const [hub, sessions] = [replicaHub(), fakeSessions()];
  const first = await doorUnderTest({}, undefined, { sessions, replicas: hub.join("r1") });
  const second = await doorUnderTest({}, undefined, { sessions, replicas: hub.join("r2") });
  const { started, end } = steered(first);
  const [url, elsewhere] = [await first.listen(), await second.listen()];
  const session = await first.open();
  const opening = openStream(url, headersOf(session), withProgress());
  const asked = await started;
  asked.onProgress?.({ progress: 1 });
  const stream = await opening;
  await stream.message();
  const last = String(stream.lastId());
  expect(readEventId(last)?.replica).toBe("r1");
  stream.close();
  const message = `x${"😀".repeat(200_000)}`;
  asked.onProgress?.({ progress: 2, message });
  const again = await openStream(elsewhere, { ...headersOf(session), "last-event-id": last });
  expect((await again.message()).params).toEqual({ progressToken: "p", progress: 2, message });
  asked.onProgress?.({ progress: 3 });
  expect((await again.message()).params).toMatchObject({ progress: 3 });
  end();
  expect((await again.message()).result).toMatchObject({ done: true });
  expect(await again.next()).toBeUndefined();
  const bob = await second.open("bob");
  const foreign = await openStream(elsewhere, { ...headersOf(bob, "bob"), "last-event-id": last });
  expect(foreign.status).toBe(404);
  hub.cut("r1");
  const away = await openStream(elsewhere, { ...headersOf(session), "last-event-id": last });
  expect(away.status).toBe(404);
});

test("the stream of news is resumed with what happened in between, and the newest wins over replicas too", async () => {
  const [hub, sessions] = [replicaHub(), fakeSessions()];
  const first = await doorUnderTest({}, undefined, { sessions, replicas: hub.join("r1") });
  const second = await doorUnderTest({}, undefined, { sessions, replicas: hub.join("r2") });
  const url = await first.listen();
  const session = await first.open();
  const stream = await openStream(url, headersOf(session));
  first.gateway.changeList();
  expect(await stream.message()).toMatchObject({ method: "notifications/tools/list_changed" });
  const last = String(stream.lastId());
  stream.close();
  first.gateway.changeList("prompts");
  const again = await openStream(url, { ...headersOf(session), "last-event-id": last });
  expect(await again.message()).toMatchObject({ method: "notifications/prompts/list_changed" });
  await openStream(await second.listen(), headersOf(session));
  expect(await again.next()).toBeUndefined();
});

test("revisions before 2025-11-25 get no event without data", async () => {
  const door = await doorUnderTest();
  door.gateway.answer = ({ onProgress }) => {
    onProgress?.({ progress: 1 });
    return resultOf({});
  };
  const answer = await door.say(await door.open("ann", "/mcp", "2025-06-18"), JSON.parse(withProgress()));
  expect(answer.body).toMatch(/^id: \S+_1\nevent: message\ndata: \{/);
  expect(answer.body).not.toContain("retry");
});

test("10 000 streams: a caller gets as many as it may have, each other try is refused, and other callers are served", async () => {
  const door = await doorUnderTest({ limits: { streams_per_caller: 3 } });
  const url = await door.listen();
  for (let n = 0; n < 3; n++) await openStream(url, headersOf(await door.open()));
  const session = await door.open();
  const get = () => door.app.inject({ method: "GET", url: "/mcp", headers: { host: "localhost", ...headersOf(session) } });
  for (let n = 0; n < 10_000; n += 500) {
    const answers = await Promise.all(Array.from({ length: 500 }, get));
    expect(answers.every((answer) => answer.statusCode === 429)).toBe(true);
  }
  expect((await openStream(url, headersOf(await door.open("bob"), "bob"))).status).toBe(200);
  expect(door.gateway.asked.refusals).toHaveLength(10_000);
});

test("a stream whose reader left makes room for a new one", async () => {
  const door = await doorUnderTest({ limits: { streams_per_caller: 1 } });
  const url = await door.listen();
  const stream = await openStream(url, headersOf(await door.open()));
  stream.close();
  const other = await door.open();
  const status = await vi.waitUntil(async () => {
    const next = await openStream(url, headersOf(other));
    return next.status === 200 && next.status;
  });
  expect(status).toBe(200);
});

test("a reader that does not read is cut off, and its call goes on with bounded memory", async () => {
  const door = await doorUnderTest({ limits: { replay_bytes_per_caller: 100_000 } });
  const { started, end } = steered(door);
  const url = await door.listen();
  const session = await door.open();
  const sent = request(url, { method: "POST", headers: headersOf(session), agent: false });
  onTestFinished(() => void sent.destroy());
  const cut = new Promise((resolve) => {
    sent.on("error", resolve);
    sent.on("response", (response) => {
      response.pause();
      response.on("close", resolve).on("error", resolve);
    });
  });
  sent.end(withProgress());
  const asked = await started;
  const message = "x".repeat(64 * 1024);
  for (let progress = 1; progress < 400; progress++) asked.onProgress?.({ progress, message });
  await cut;
  expect(asked.signal.aborted).toBe(false);
  end();
});

const silent: Line = { write: () => {}, close: () => {}, cut: () => {}, onClose: () => {} };
const frame = fc.string({ unit: "grapheme", maxLength: 40 });

test("a buffer gives back exactly what came after, or says that it cannot", () => {
  fc.assert(
    fc.property(fc.array(frame), fc.nat(20), fc.nat(60), (frames, dropped, after) => {
      const buffer = new ReplayBuffer();
      for (const text of frames) buffer.add(text);
      for (let n = 0; n < dropped; n++) buffer.dropOldest();
      const gone = Math.min(dropped, frames.length);
      const replayed = buffer.after(after);
      if (after > frames.length || after < gone) expect(replayed).toBeUndefined();
      else expect(replayed).toEqual(frames.slice(after));
      expect(buffer.bytes).toBe(frames.slice(gone).reduce((sum, text) => sum + Buffer.byteLength(text), 0));
    }),
  );
});

test("what is kept for a caller stays below its quota, whatever its streams say, and other callers keep theirs", () => {
  const spoken = fc.array(fc.record({ stream: fc.nat(4), text: frame, leave: fc.boolean() }), { maxLength: 200 });
  fc.assert(
    fc.property(spoken, fc.integer({ min: 0, max: 2_000 }), (said, most) => {
      const replays = new Replays("r", most, 1_000, manualClock(0));
      const bob = replays.open("news", { session: "b", owner: "bob" });
      if (most > 200) bob.send("{}");
      const streams = Array.from({ length: 5 }, () => replays.open("answer", { session: "a", owner: "ann" }));
      for (const { stream, text, leave } of said) {
        streams[stream]?.send(text);
        if (leave) streams[stream]?.leave();
        expect(replays.bytesOf("ann")).toBeLessThanOrEqual(most);
      }
      expect(replays.bytesOf("ann")).toBe(
        streams.reduce((sum, { buffer, id }) => sum + (replays.find(id, { session: "a", owner: "ann" }) ? buffer.bytes : 0), 0),
      );
      if (most > 200) expect(bob.resume(silent, 0)).toBe(true);
    }),
  );
});

test("a stream goes a minute after its answer was delivered, later where nobody was there, and never before its answer", () => {
  const replays = new Replays("r", 10_000, 1_000_000, manualClock(0));
  const of = { session: "s", owner: "ann" };
  const line = (): Line & { leave: () => void } => {
    const closing: (() => void)[] = [];
    const leave = () => {
      for (const listener of closing) listener();
    };
    return { write: () => {}, close: leave, cut: leave, leave, onClose: (listener) => void closing.push(listener) };
  };
  const [delivered, undelivered, running] = [replays.open("answer", of), replays.open("answer", of), replays.open("answer", of)];
  for (const stream of [delivered, undelivered, running]) {
    const reader = line();
    stream.begin(reader, false);
    if (stream !== delivered) reader.leave();
  }
  delivered.end("{}");
  undelivered.end("{}");
  const alive = (stream: { id: string }) => replays.find(stream.id, of) !== undefined;
  for (const [now, wanted] of [
    [0, [true, true, true]],
    [59_999, [true, true, true]],
    [60_000, [false, true, true]],
    [300_000, [false, false, true]],
    [9_000_000, [false, false, true]],
  ] as const) {
    replays.sweep(now);
    expect([delivered, undelivered, running].map(alive)).toEqual(wanted);
  }
});

test("an event's id is read only as it was written", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[A-Za-z0-9_]{1,20}$/), fc.stringMatching(/^[0-9a-f]{24}$/), fc.nat(), (replica, stream, number) => {
      expect(readEventId(`${replica}_${stream}_${number}`)).toEqual({ replica, stream, number });
    }),
  );
  fc.assert(fc.property(fc.string(), (text) => readEventId(text) === undefined));
});
