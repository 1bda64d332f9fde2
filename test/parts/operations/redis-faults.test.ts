import { mkdtempSync, rmSync } from "node:fs";
import { cp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { OperationsState } from "../../../src/core/operations.ts";
import { ok } from "../../../src/core/result.ts";
import {
  begin,
  fileOperations,
  type Operations,
  promote,
  redisOperations,
  withoutQuarantine,
  withQuarantine,
} from "../../../src/parts/operations/index.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { openRedis, type RedisConnection, redisConfig, script } from "../../../src/platform/redis.ts";
import { findRedis, startRedis, type TestRedis } from "../../support/redis.ts";
import { bundle, entry, NOW, rollout } from "./sample-state.ts";

const found = findRedis();
const key = { tenant: "default", environment: "test", name: "house" };
const stateKey = "tg1:{default}:ops:test:house:state";
const flushScript = script("flush", "return redis.call('FLUSHALL')");
const setScript = script("set", "return redis.call('SET', KEYS[1], ARGV[1])");
const getScript = script("get", "return redis.call('GET', KEYS[1])");
const delScript = script("del", "return redis.call('DEL', KEYS[1])");
const unavailable = { ok: false, error: { code: "gateway.operations_unavailable" } };
const put = (id: string) => (state: OperationsState) => ok(withQuarantine(state, entry(id)));
const ids = (state: OperationsState) => state.quarantine.map(({ id }) => id);

describe.skipIf(found.kind !== "program")("operations while redis fails", () => {
  let server: TestRedis;
  let folder: string;
  let clock: ReturnType<typeof manualClock>;
  let connections: RedisConnection[];
  let started: Operations[];
  const connect = (commandTimeout = 500) => {
    const redis = openRedis(redisConfig.parse({ url: server.url, command_timeout_ms: commandTimeout }), silentLogger);
    connections.push(redis);
    return redis;
  };
  const start = async (replica: string, over: { pollMs?: number; connectMs?: number } = {}) => {
    const operations = await redisOperations(connect(), key, { clock, replica, folder: join(folder, replica), pollMs: 20, ...over });
    started.push(operations);
    await operations.firstRead;
    return operations;
  };
  const act = async (what: ReturnType<typeof script>, ...args: string[]) => {
    const redis = connect();
    await redis.firstReady;
    const answer = await redis.run(what, [stateKey], args);
    if (!answer.ok) throw new Error(answer.error.detail);
    return answer.value;
  };
  const stored = async () => JSON.parse(String(await act(getScript))).state as OperationsState;
  /** A copy on the replica's disk, as it was left by a life before this one. */
  const left = async (replica: string, ...changes: Parameters<Operations["update"]>[0][]) => {
    const files = await fileOperations(key, { folder: join(folder, replica), clock, replica });
    for (const change of changes) await files.update(change);
    await files.close();
  };
  beforeEach(async () => {
    if (found.kind === "missing") return;
    server = await startRedis(found);
    folder = mkdtempSync(join(tmpdir(), "toolgate-operations-"));
    clock = manualClock(NOW);
    connections = [];
    started = [];
  });
  afterEach(async () => {
    for (const operations of started) await operations.close();
    for (const redis of connections) await redis.close();
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  test("away at the start: the quarantine of before holds, nothing can be changed, and redis gets back what it lost", async () => {
    const before = await start("one");
    await before.update(put("qua_1"));
    await before.close();
    await server.kill();
    const one = await start("one", { connectMs: 10 });
    expect(ids(one.current())).toEqual(["qua_1"]);
    expect(one.staleMs()).toBe(Infinity);
    const changed = vi.fn();
    expect(await one.update(changed)).toMatchObject(unavailable);
    expect(await one.count("rol_1", { flips: {}, skipped: 0, differences: [] })).toMatchObject(unavailable);
    expect(await one.counts("rol_1")).toMatchObject(unavailable);
    expect(await one.saveBundle(bundle(1).digest, Uint8Array.of(1))).toMatchObject(unavailable);
    expect(await one.readBundle(bundle(1).digest)).toMatchObject(unavailable);
    expect(await one.replicas()).toMatchObject(unavailable);
    await one.keepBundles(new Set());
    one.report({ replica: "one", version: 1 });
    expect(changed).not.toHaveBeenCalled();
    await server.restart();
    await vi.waitFor(() => expect(one.staleMs()).toBe(0), 10_000);
    expect(ids(await stored())).toEqual(["qua_1"]);
  });

  test("away for a while: what is known holds and grows stale, changes are refused, and it goes on by itself", async () => {
    const one = await start("one");
    const other = await start("other");
    await one.update(put("qua_1"));
    await vi.waitFor(() => expect(other.current().version).toBe(1));
    await server.kill();
    await vi.waitFor(async () => expect(await one.update(put("qua_2"))).toMatchObject(unavailable));
    clock.advance(4_000);
    expect([one.staleMs(), other.staleMs()]).toEqual([4_000, 4_000]);
    expect(ids(other.current())).toEqual(["qua_1"]);
    await server.restart();
    await vi.waitFor(() => expect([one.staleMs(), other.staleMs()]).toEqual([0, 0]), 10_000);
    expect(await other.update(put("qua_3"))).toMatchObject({ value: { version: 2, quarantine: [{ id: "qua_1" }, { id: "qua_3" }] } });
    await vi.waitFor(() => expect(one.current().version).toBe(2));
  });

  test("what is known is confirmed as soon as redis is back, before any poll", async () => {
    const one = await start("one", { pollMs: 3_600_000 });
    await one.update(put("qua_1"));
    await server.kill();
    clock.advance(4_000);
    await server.restart();
    await vi.waitFor(() => expect(one.staleMs()).toBe(0), 10_000);
    expect(ids(await stored())).toEqual(["qua_1"]);
  });

  test("a redis that forgets everything lifts nothing: not here, and not for a replica that starts then", async () => {
    const one = await start("one");
    await one.update(put("qua_1"));
    await one.update((state) => begin(state, rollout(bundle(4))));
    const versions: number[] = [];
    one.onChange(({ version }) => versions.push(version));
    await act(flushScript);
    await vi.waitFor(async () => expect(await act(getScript)).not.toBeNull());
    const fresh = await start("fresh");
    expect(fresh.current()).toEqual(one.current());
    expect(fresh.current()).toMatchObject({ version: 2, rollout: { id: "rol_r4" }, quarantine: [{ id: "qua_1" }] });
    expect(versions).toEqual([]);
  });

  test("a change right after redis forgot everything builds on what was known", async () => {
    const one = await start("one", { pollMs: 3_600_000 });
    await one.update(put("qua_1"));
    await act(flushScript);
    expect(await one.update(put("qua_2"))).toMatchObject({ value: { version: 2, quarantine: [{ id: "qua_1" }, { id: "qua_2" }] } });
  });

  test("a line that begins anew while a change is under way is not written over", async () => {
    const redis = connect();
    let fresh: Operations | undefined;
    const run: RedisConnection["run"] = async (what, keys, args) => {
      if (what.name === "write operations" && args[2] === 3) {
        await act(flushScript);
        fresh ??= await start("fresh");
        await fresh.update(put("qua_new"));
      }
      return redis.run(what, keys, args);
    };
    const one = await redisOperations({ ...redis, run }, key, { clock, replica: "one", folder: join(folder, "one"), pollMs: 3_600_000 });
    started.push(one);
    await one.firstRead;
    await one.update(put("qua_1"));
    await one.update(put("qua_2"));
    expect(await one.update(put("qua_3"))).toMatchObject({ ok: true });
    expect(ids(one.current()).toSorted()).toEqual(["qua_1", "qua_2", "qua_3", "qua_new"]);
  });

  test.each([
    ["text", "nothing"],
    ["JSON of another kind", "[]"],
    ["an empty state", JSON.stringify({ v: 1, version: 0, line: "", state: { version: 0, ended: [], quarantine: [] } })],
    ["a newer format", JSON.stringify({ v: 2, version: 9 })],
  ])("what cannot be read in redis is refused, grows stale and is never an empty state: %s", async (_, garbage) => {
    const one = await start("one");
    await one.update(put("qua_1"));
    await act(setScript, garbage);
    const refused = await one.update(put("qua_2"));
    expect(refused).toMatchObject({ ...unavailable, error: { detail: expect.stringContaining(stateKey) } });
    clock.advance(1_000);
    expect(one.staleMs()).toBe(1_000);
    expect(ids(one.current())).toEqual(["qua_1"]);
    const fresh = await start("fresh");
    expect(fresh.staleMs()).toBe(Infinity);
    expect(await fresh.update(put("qua_3"))).toMatchObject(unavailable);
    expect(await act(getScript)).toBe(garbage);
    await act(delScript);
    await vi.waitFor(() => expect([one.staleMs(), ids(fresh.current())]).toEqual([0, ["qua_1"]]), 5_000);
  });

  /** A replica whose next change finds redis stopped when it is sent, after it was read. */
  const startStopping = async () => {
    const redis = connect();
    const sent = Promise.withResolvers<void>();
    let left = false;
    const run: RedisConnection["run"] = async (act, keys, args) => {
      const isIt = act.name === "write operations" && left;
      if (!isIt) return redis.run(act, keys, args);
      left = false;
      process.kill(server.pid ?? Number.NaN, "SIGSTOP");
      const answer = redis.run(act, keys, args);
      sent.resolve();
      return answer;
    };
    const one = await redisOperations({ ...redis, run }, key, { clock, replica: "one", folder: join(folder, "one"), pollMs: 20 });
    started.push(one);
    await one.firstRead;
    await one.update(put("qua_1"));
    left = true;
    return { one, sent: sent.promise };
  };

  test("redis is killed during a change: it is refused, and there on no side", async () => {
    const { one, sent } = await startStopping();
    const changing = one.update(put("qua_2"));
    await sent;
    await server.kill();
    expect(await changing).toMatchObject(unavailable);
    clock.advance(1_000);
    await server.restart();
    await vi.waitFor(() => expect(one.staleMs()).toBe(0), 10_000);
    expect(await stored()).toEqual(one.current());
    expect(ids(one.current())).toEqual(["qua_1"]);
  });

  test("redis hangs during a change and wakes up: the change is there, whole, and said to be there", async () => {
    const { one, sent } = await startStopping();
    const changing = one.update(put("qua_2"));
    await sent;
    process.kill(server.pid ?? Number.NaN, "SIGCONT");
    expect(await changing).toMatchObject({ value: { version: 2, quarantine: [{ id: "qua_1" }, { id: "qua_2" }] } });
    expect(await stored()).toEqual(one.current());
  });

  test("redis hangs for longer than anybody waits: whoever asked is told that the change may be there, and then all see that it is", async () => {
    const { one, sent } = await startStopping();
    const changing = one.update(put("qua_2"));
    await sent;
    expect(await changing).toMatchObject({ ...unavailable, error: { detail: expect.stringContaining("may have been made") } });
    expect(ids(one.current())).toEqual(["qua_1"]);
    clock.advance(1_000);
    process.kill(server.pid ?? Number.NaN, "SIGCONT");
    await vi.waitFor(() => expect(one.staleMs()).toBe(0), 10_000);
    const { version, quarantine } = await stored();
    expect([one.current().version, quarantine]).toEqual([version, one.current().quarantine]);
    expect(quarantine.map(({ id }) => id)).toEqual(version === 2 ? ["qua_1", "qua_2"] : ["qua_1"]);
  });

  test("of copies with different versions of one line the higher one holds, whoever comes first", async () => {
    await left("one", put("qua_1"), put("qua_2"));
    await cp(join(folder, "one"), join(folder, "other"), { recursive: true });
    await left("other", (state) => ok(withoutQuarantine(state, "qua_1")));
    const one = await start("one");
    const other = await start("other");
    expect(await stored()).toMatchObject({ version: 3, quarantine: [{ id: "qua_2" }] });
    await vi.waitFor(() => expect(one.current()).toEqual(other.current()));
    expect(other.current().version).toBe(3);
  });

  test("of copies with the same version and other content nothing is lifted, no rollout goes on, and the floor does not fall", async () => {
    await left("one", put("qua_1"));
    await cp(join(folder, "one"), join(folder, "other"), { recursive: true });
    await left("one", (state) => begin(withQuarantine(state, entry("qua_2")), rollout(bundle(9))));
    await left("other", (state) => promote(withQuarantine(state, entry("qua_3")), bundle(5), "bob", NOW, "good"));
    const one = await start("one");
    expect(one.current()).toMatchObject({ version: 2, rollout: { id: "rol_r9" } });
    const other = await start("other");
    const both = await stored();
    expect(ids(both).toSorted()).toEqual(["qua_1", "qua_2", "qua_3"]);
    expect(both).toMatchObject({ version: 3, promoted: { sequence: 5 }, ended: [{ id: "rol_r9", end: "rolled_back", by: "gateway" }] });
    expect(both.rollout).toBeUndefined();
    await vi.waitFor(() => expect([one.current(), other.current()]).toEqual([both, both]));
  });

  test("a line that began anew on an empty redis takes in the quarantine of the older one that comes back", async () => {
    await left("one", put("qua_1"), put("qua_2"), (state) => promote(state, bundle(7), "ann", NOW, "good"));
    const fresh = await start("fresh");
    await fresh.update((state) => promote(withQuarantine(state, entry("qua_new")), bundle(3), "bob", NOW, "early"));
    const one = await start("one");
    await vi.waitFor(() => expect(fresh.current()).toEqual(one.current()));
    expect(ids(one.current()).toSorted()).toEqual(["qua_1", "qua_2", "qua_new"]);
    expect(one.current()).toMatchObject({ version: 4, promoted: { sequence: 7 } });
  });
});
