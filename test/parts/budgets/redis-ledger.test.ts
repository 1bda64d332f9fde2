import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Ledger, redisLedger } from "../../../src/parts/budgets/index.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { openRedis, type RedisConnection, redisConfig } from "../../../src/platform/redis.ts";
import { ledgerContract, level, newId } from "../../contracts/ledger.contract.ts";
import { findRedis, startRedis, type TestRedis } from "../../support/redis.ts";

const found = findRedis();
const why = found.kind === "missing" ? ` (left out: ${found.reason})` : "";

async function connect(url: string): Promise<RedisConnection> {
  const redis = openRedis(redisConfig.parse({ url }), silentLogger);
  await redis.firstReady;
  return redis;
}

describe.skipIf(found.kind === "missing")(`on a real redis${why}`, () => {
  let server: TestRedis;
  beforeAll(async () => {
    if (found.kind !== "missing") server = await startRedis(found);
  });
  afterAll(() => server?.stop());

  ledgerContract("redis", async () => {
    const redis = await connect(server.url);
    // A tenant of its own: a Redis given by URL may hold what an earlier run left.
    const ledger = redisLedger(redis, { tenant: `test-${newId()}`, clock: "caller" });
    return { ledger, close: () => redis.close() };
  });

  describe("redis ledger", () => {
    let redis: RedisConnection;
    beforeAll(async () => {
      redis = await connect(server.url);
    });
    afterAll(() => redis?.close());

    const open = (tenant: string): Ledger => redisLedger(redis, { tenant });

    test("two replicas share one count, and the clock is that of redis", async () => {
      const tenant = newId();
      const [one, other] = [open(tenant), open(tenant)];
      const of = level({ limit: 3, window: { kind: "fixed", seconds: 86_400 } });
      const wrong = 1_000;
      for (const ledger of [one, other, one]) expect(await ledger.reserve(newId(), [of], wrong, wrong + 5_000)).toMatchObject({ ok: true });
      const refusal = await other.reserve(newId(), [of], wrong, wrong + 5_000);
      expect(refusal).toMatchObject({ ok: false, error: { code: "budget.exhausted", remaining: 0 } });
      expect(refusal.ok || refusal.error.code !== "budget.exhausted" ? 0 : (refusal.error.retryAt ?? 0)).toBeGreaterThan(
        Date.now() - 86_400_000,
      );
    });

    test("tenants do not see each other's counters", async () => {
      const of = level({ limit: 1 });
      const now = Date.now();
      for (const tenant of [newId(), newId()])
        expect(await open(tenant).reserve(newId(), [of], now, now + 5_000)).toMatchObject({ ok: true });
    });

    test("a settled hold and an ended window leave nothing behind for ever", async () => {
      const tenant = newId();
      const ledger = open(tenant);
      const id = newId();
      const now = Date.now();
      const of = [level({ amount: 2 }), level({ amount: 2, window: { kind: "rolling", seconds: 60 } })];
      await ledger.reserve(id, of, now, now + 5_000);
      await ledger.commit(id, now);
      const keys = await command(server.url, "KEYS", `tg1:{${tenant}}:*`);
      expect(Array.isArray(keys) ? keys.length : 0).toBe(3);
      for (const key of Array.isArray(keys) ? keys : []) {
        const ttl = Number(await command(server.url, "PTTL", String(key)));
        expect(ttl).toBeGreaterThan(0);
        expect(ttl).toBeLessThanOrEqual(120_000);
      }
    });
  });
});

describe.skipIf(found.kind === "missing")(`commits that nobody waits for${why}`, () => {
  let server: TestRedis;
  beforeAll(async () => {
    if (found.kind !== "missing") server = await startRedis(found);
  });
  afterAll(() => server?.stop());

  test("many commits of dispatched holds are closed together, at the latest when the ledger is closed", async () => {
    const redis = await connect(server.url);
    let trips = 0;
    const counted: RedisConnection = { ...redis, run: (...act) => redis.run(...act).finally(() => trips++) };
    const tenant = newId();
    const ledger = redisLedger(counted, { tenant });
    const of = level({ limit: 1_000, window: { kind: "fixed", seconds: 86_400 } });
    const ids = Array.from({ length: 100 }, newId);
    const now = Date.now();
    await Promise.all(ids.map((id) => ledger.reserve(id, [of], now, now + 5_000, { dispatched: true })));
    expect(trips).toBe(100);
    for (const id of ids) expect(await ledger.commit(id, now)).toMatchObject({ ok: true, value: { state: "committed" } });
    expect(await ledger.refund(ids[99] ?? newId(), now)).toMatchObject({ ok: true, value: { state: "committed" } });
    await ledger.close();
    expect(trips).toBeLessThanOrEqual(104);
    for (const id of ids) expect(await command(server.url, "GET", `tg1:{${tenant}}:budget:hold:${id}`)).toBe("committed");
    expect(await ledger.reserve(newId(), [of], now, now + 5_000)).toMatchObject({ ok: true, value: { levels: [{ remaining: 899 }] } });
    await redis.close();
  });
});

const notOurs = found.kind === "url" ? " (left out: the redis of TOOLGATE_TEST_REDIS is not ours to stop)" : why;
describe.skipIf(found.kind !== "program")(`a redis that goes away${notOurs}`, () => {
  let server: TestRedis;
  let redis: RedisConnection;
  beforeAll(async () => {
    if (found.kind === "missing") return;
    server = await startRedis(found);
    redis = openRedis(redisConfig.parse({ url: server.url, command_timeout_ms: 100 }), silentLogger);
    await redis.firstReady;
  });
  afterAll(async () => {
    await redis?.close();
    await server?.stop();
  });

  const now = 1_700_000_000_000;
  const down = { ok: false, error: { code: "budget.unavailable" } };

  test("one that hangs is refused within the command's time, and works when it goes on", async () => {
    const ledger = redisLedger(redis, { tenant: "hung" });
    const of = level({ limit: 1_000, window: { kind: "fixed", seconds: 86_400 } });
    const id = newId();
    expect(await ledger.reserve(id, [of], now, now + 60_000)).toMatchObject({ ok: true });
    process.kill(server.pid ?? 0, "SIGSTOP");
    try {
      expect(await ledger.reserve(newId(), [of], now, now + 60_000)).toMatchObject(down);
      expect(await ledger.dispatched(id, now)).toMatchObject(down);
      expect(await ledger.commit(id, now)).toMatchObject(down);
      expect(await ledger.refund(newId(), now)).toMatchObject(down);
    } finally {
      process.kill(server.pid ?? 0, "SIGCONT");
    }
    const again = await eventually(() => ledger.reserve(newId(), [of], now, now + 60_000));
    // The hold that was refused has been given back behind it: only the first and this one count.
    expect(again).toMatchObject({ ok: true, value: { levels: [{ remaining: 998 }] } });
  });

  test("one that is gone is refused at once, and works when it is back, scripts and all", async () => {
    const ledger = redisLedger(redis, { tenant: "gone" });
    const of = level({ limit: 1_000 });
    expect(await ledger.reserve(newId(), [of], now, now + 60_000)).toMatchObject({ ok: true });
    await server.kill();
    expect(await ledger.reserve(newId(), [of], now, now + 60_000)).toMatchObject(down);
    expect(await ledger.commit(newId(), now)).toMatchObject(down);
    await server.restart();
    expect(await eventually(() => ledger.reserve(newId(), [of], now, now + 60_000))).toMatchObject({ ok: true });
  });

  test("one that never answers the connection is refused too", async () => {
    const nowhere = openRedis(redisConfig.parse({ url: "redis://127.0.0.1:1" }), silentLogger);
    const ledger = redisLedger(nowhere, { tenant: "nowhere" });
    expect(await ledger.reserve(newId(), [level()], now, now + 60_000)).toMatchObject(down);
    expect(nowhere.isReady()).toBe(false);
    await nowhere.close();
  });

  test("a counter that holds rubbish is refused, not read as empty", async () => {
    const ledger = redisLedger(redis, { tenant: "rubbish" });
    const of = level();
    await command(server.url, "SET", `tg1:{rubbish}:budget:used:${of.key}|f60`, "rubbish");
    expect(await ledger.reserve(newId(), [of], now, now + 60_000)).toMatchObject(down);
    await command(server.url, "DEL", `tg1:{rubbish}:budget:used:${of.key}|f60`);
    await command(server.url, "LPUSH", `tg1:{rubbish}:budget:used:${of.key}|f60`, "rubbish");
    expect(await ledger.reserve(newId(), [of], now, now + 60_000)).toMatchObject(down);
  });
});

async function command(url: string, name: string, ...args: string[]): Promise<unknown> {
  const { Redis } = await import("ioredis");
  const redis = new Redis(url);
  try {
    return await redis.call(name, ...args);
  } finally {
    redis.disconnect();
  }
}

/** Asks until the answer is not `budget.unavailable`: the connection finds its way back in its own time. */
async function eventually<T extends { readonly ok: boolean }>(ask: () => Promise<T>): Promise<T> {
  return await vi.waitFor(
    async () => {
      const answer = await ask();
      expect(answer.ok).toBe(true);
      return answer;
    },
    { timeout: 15_000, interval: 10 },
  );
}
