import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { Replays } from "../../../src/http/mcp/streams/index.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import { fakeSessions, resultOf } from "../../support/fake-gateway.ts";
import { mostHeldDuring } from "../../support/held-memory.ts";
import { call, doorUnderTest } from "./door-under-test.ts";
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
