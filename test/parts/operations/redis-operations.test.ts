import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { sha256 } from "../../../src/core/digest.ts";
import { err, ok } from "../../../src/core/result.ts";
import {
  begin,
  type Operations,
  type OperationsKey,
  type RedisOperationsOptions,
  redisOperations,
  rollBack,
  withQuarantine,
} from "../../../src/parts/operations/index.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { openRedis, type RedisConnection, redisConfig, script } from "../../../src/platform/redis.ts";
import { operationsContract } from "../../contracts/operations.contract.ts";
import { findRedis, startRedis, type TestRedis } from "../../support/redis.ts";
import { bundle, entry, NOW, rollout } from "./sample-state.ts";

const found = findRedis();
const why = found.kind === "missing" ? ` (left out: ${found.reason})` : "";
const ttlScript = script("ttl", "return redis.call('PTTL', KEYS[1])");
const setScript = script("set", "return redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])");
const HOUR = 3_600_000;
const put = (id: string) => (state: Parameters<typeof withQuarantine>[0]) => ok(withQuarantine(state, entry(id)));

function connect(url: string): RedisConnection {
  return openRedis(redisConfig.parse({ url, command_timeout_ms: 5_000 }), silentLogger);
}

describe.skipIf(found.kind === "missing")(`operations on a real redis${why}`, () => {
  let server: TestRedis;
  beforeAll(async () => {
    if (found.kind !== "missing") server = await startRedis(found);
  });
  afterAll(() => server?.stop());

  operationsContract("redis", {}, async () => {
    const folder = mkdtempSync(join(tmpdir(), "toolgate-operations-"));
    const key = { tenant: `t${randomBytes(6).toString("hex")}`, environment: "test", name: "house" };
    const connections: RedisConnection[] = [];
    return {
      start: async (replica, clock) => {
        const redis = connect(server.url);
        connections.push(redis);
        await redis.firstReady;
        return redisOperations(redis, key, { clock, replica, folder: join(folder, replica), time: "caller", pollMs: 50 });
      },
      end: async () => {
        for (const redis of connections) await redis.close();
        rmSync(folder, { recursive: true });
      },
    };
  });

  describe("two replicas", () => {
    let redis: RedisConnection;
    let folder: string;
    let key: OperationsKey;
    let prefix: string;
    let started: Operations[];
    const clock = manualClock(NOW);
    const start = async (replica: string, over: Partial<RedisOperationsOptions> = {}, on: Partial<RedisConnection> = {}) => {
      const operations = await redisOperations({ ...redis, ...on }, key, { clock, replica, folder: join(folder, replica), ...over });
      started.push(operations);
      await operations.firstRead;
      return operations;
    };
    beforeEach(async () => {
      redis = connect(server.url);
      await redis.firstReady;
      folder = mkdtempSync(join(tmpdir(), "toolgate-operations-"));
      key = { tenant: `t${randomBytes(6).toString("hex")}`, environment: "test", name: "house" };
      prefix = `tg1:{${key.tenant}}:ops:test:house:`;
      started = [];
    });
    afterEach(async () => {
      for (const operations of started) await operations.close();
      await redis.close();
      rmSync(folder, { recursive: true });
    });

    test("a message that is lost costs no more than a poll", async () => {
      const one = await start("one");
      const deaf = { isReady: () => false, firstReady: Promise.resolve(), close: async () => {} };
      const other = await start("other", { pollMs: 5 }, { subscribe: () => deaf });
      await one.update(put("qua_1"));
      await vi.waitFor(() => expect(other.current().version).toBe(1));
    });

    test("a message tells at once, before any poll", async () => {
      const one = await start("one", { pollMs: HOUR });
      let hears: Promise<void> | undefined;
      const other = await start(
        "other",
        { pollMs: HOUR },
        {
          subscribe: (...args) => {
            const subscription = redis.subscribe(...args);
            hears = subscription.firstReady;
            return subscription;
          },
        },
      );
      await hears;
      const heard = Promise.withResolvers<number>();
      other.onChange(({ version }) => heard.resolve(version));
      await one.update(put("qua_1"));
      expect(await heard.promise).toBe(1);
    });

    test("lines of bundles, and tenants, do not see each other", async () => {
      const one = await start("one");
      await one.update(put("qua_1"));
      for (const other of [
        { ...key, environment: "production" },
        { ...key, name: "lab" },
        { ...key, tenant: `${key.tenant}-b` },
      ]) {
        const elsewhere = await redisOperations(redis, other, { clock, replica: "one", folder });
        await elsewhere.firstRead;
        expect(elsewhere.current().version).toBe(0);
        await elsewhere.close();
      }
    });

    test("a change whose answer is lost is found again, and not made twice", async () => {
      let lost = 0;
      const one = await start("one", {}, { run: losing("write operations", 1, () => (lost += 1)) });
      expect(await one.update(put("qua_1"))).toMatchObject({ value: { version: 1 } });
      expect(await one.update((state) => ok(state))).toMatchObject({ value: { version: 2, quarantine: [{ id: "qua_1" }] } });
      expect(lost).toBe(1);
    });

    test("a change that never arrived although it was sent is made again", async () => {
      let dropped = false;
      const run: RedisConnection["run"] = async (act, keys, args) => {
        if (act.name !== "write operations" || dropped) return redis.run(act, keys, args);
        dropped = true;
        return err({ detail: "no answer", mayHaveRun: true });
      };
      const one = await start("one", {}, { run });
      expect(await one.update(put("qua_1"))).toMatchObject({ value: { version: 1, quarantine: [{ id: "qua_1" }] } });
    });

    test("where it cannot be told what came of a change, the refusal says so", async () => {
      const other = await start("other");
      const lose = losing("write operations", 1, async () => void (await other.update(put("qua_2"))));
      const one = await start("one", {}, { run: lose });
      expect(await one.update(put("qua_1"))).toMatchObject({
        error: { code: "gateway.operations_unavailable", detail: expect.stringContaining("may have been made") },
      });
      expect(other.current().quarantine.map(({ id }) => id)).toEqual(["qua_1", "qua_2"]);
    });

    test("a batch whose answer is lost is counted once, also by a process that starts anew under the same name", async () => {
      const batch = { flips: { same: 1 }, skipped: 1, differences: [] };
      const one = await start("one", {}, { run: losing("count comparisons", 2) });
      expect(await one.count("rol_1", batch)).toEqual(ok(undefined));
      expect(await one.count("rol_1", batch)).toEqual(ok(undefined));
      await one.close();
      const again = await start("one");
      expect(await again.count("rol_1", batch)).toEqual(ok(undefined));
      expect(await again.counts("rol_1")).toMatchObject({ value: { compared: 3, skipped: 3 } });
    });

    test("a batch whose answers are all lost is refused, and in doubt not counted again", async () => {
      const one = await start("one", {}, { run: losing("count comparisons", 3) });
      const counted = await one.count("rol_1", { flips: { same: 1 }, skipped: 0, differences: [] });
      expect(counted).toMatchObject({ error: { code: "gateway.operations_unavailable" } });
      expect(await one.counts("rol_1")).toMatchObject({ value: { compared: 1 } });
    });

    test("counts go an hour after their rollout ended, also those that come late, and before that a week after the last", async () => {
      const one = await start("one");
      const batch = { flips: { same: 1 }, skipped: 0, differences: [] };
      const ttl = async () =>
        Number(await redis.run(ttlScript, [`${prefix}counts:rol_r4`], []).then((answer) => answer.ok && answer.value));
      await one.update((state) => begin(state, rollout(bundle(4))));
      await one.count("rol_r4", batch);
      expect(await ttl()).toBeGreaterThan(6 * 24 * HOUR);
      await one.update((state) => rollBack(state, "ann", NOW, "done"));
      expect(await ttl()).toBeLessThanOrEqual(HOUR);
      await one.count("rol_r4", batch);
      expect(await ttl()).toBeLessThanOrEqual(HOUR);
      expect(await one.counts("rol_r4")).toMatchObject({ value: { compared: 2 } });
    });

    test("bundles, counts and reports that somebody broke are refused, and a bundle can be saved again", async () => {
      const one = await start("one");
      const digest = sha256("a");
      await one.saveBundle(digest, Uint8Array.of(1, 2, 3));
      await redis.run(setScript, [`${prefix}bundle:${digest}`], ["0", Buffer.of(1, 2, 4).toString("base64")]);
      const refused = { error: { code: "gateway.operations_unavailable" } };
      expect(await one.readBundle(digest)).toMatchObject(refused);
      expect(await one.readBundle(digest)).toEqual(ok(undefined));
      await redis.run(setScript, [`${prefix}bundle:${digest}`], ["sha256", "zz"]);
      expect(await one.readBundle(digest)).toMatchObject(refused);
      expect(await one.saveBundle(digest, Uint8Array.of(1, 2, 3))).toEqual(ok(undefined));
      expect(await one.readBundle(digest)).toEqual(ok(Uint8Array.of(1, 2, 3)));
      await redis.run(setScript, [`${prefix}counts:rol_1`], ["flip:same", "many"]);
      expect(await one.counts("rol_1")).toMatchObject(refused);
      await redis.run(setScript, [`${prefix}replicas`], ["evil", "9999999999999 {}"]);
      one.report({ replica: "one", version: 0 });
      expect(await one.replicas()).toMatchObject({ value: [{ replica: "one" }] });
    });

    test("reports have the time of redis", async () => {
      const one = await start("one");
      one.report({ replica: "one", version: 0 });
      const reported = await one.replicas();
      if (!reported.ok) throw new Error(reported.error.detail);
      expect(Math.abs((reported.value[0]?.at ?? 0) - Date.now())).toBeLessThan(60_000);
    });

    test("the copy on disk follows, and one that is broken keeps the gateway from starting", async () => {
      const one = await start("one");
      await one.update(put("qua_1"));
      await one.close();
      const path = join(folder, "one", "operations", `${key.tenant}@test@house`, "state.json");
      expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ version: 1, state: { version: 1, quarantine: [{ id: "qua_1" }] } });
      writeFileSync(path, "{}");
      await expect(start("one")).rejects.toThrow(path);
    });

    /** Does the act, tells of it, and loses the answer, so many times. */
    function losing(name: string, times: number, after: () => unknown = () => {}): RedisConnection["run"] {
      let left = times;
      return async (act, keys, args) => {
        const answer = await redis.run(act, keys, args);
        if (act.name !== name || left <= 0) return answer;
        left -= 1;
        await after();
        return err({ detail: "no answer", mayHaveRun: true });
      };
    }
  });
});
