import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { noCapabilities } from "../../../src/core/client.ts";
import { randomIds } from "../../../src/core/ids.ts";
import { redisSessions, type Sessions, SessionsUnavailable, sessionsConfig } from "../../../src/parts/sessions/index.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { openRedis, type RedisConnection, redisConfig, script } from "../../../src/platform/redis.ts";
import { sessionsContract } from "../../contracts/sessions.contract.ts";
import { newsroom } from "../../support/newsroom.ts";
import { findRedis, startRedis, type TestRedis } from "../../support/redis.ts";

const found = findRedis();
const why = found.kind === "missing" ? ` (left out: ${found.reason})` : "";
const ids = randomIds();
const NOW = 1_700_000_000_000;

async function connect(url: string): Promise<RedisConnection> {
  const redis = openRedis(redisConfig.parse({ url, command_timeout_ms: 5_000 }), silentLogger);
  await redis.firstReady;
  return redis;
}

const keysScript = script("keys", "return redis.call('KEYS', ARGV[1])");
const ttlScript = script("ttl", "return redis.call('PTTL', KEYS[1])");

describe.skipIf(found.kind === "missing")(`on a real redis${why}`, () => {
  let server: TestRedis;
  let redis: RedisConnection;
  beforeAll(async () => {
    if (found.kind === "missing") return;
    server = await startRedis(found);
    redis = await connect(server.url);
  });
  afterAll(async () => {
    await redis?.close();
    await server?.stop();
  });

  sessionsContract("redis", async (limits, news) => redisSessions(redis, limits, { ids, news, clock: "caller" }));

  describe("two replicas", () => {
    let news: ReturnType<typeof newsroom>;
    let trips: number;
    let one: Sessions;
    let other: Sessions;
    let tenant: string;
    let wanted: Parameters<Sessions["open"]>[0];
    const replica = (config: object = {}, clock: "caller" | "redis" = "caller") =>
      redisSessions(
        {
          ...redis,
          run: (...act) => {
            trips += 1;
            return redis.run(...act);
          },
        },
        sessionsConfig.parse(config),
        { ids, news, clock },
      );
    beforeEach(() => {
      news = newsroom();
      trips = 0;
      one = replica();
      other = replica();
      tenant = `t${randomBytes(6).toString("hex")}`;
      const owner = JSON.stringify([tenant, "https://login.example.com", "ann", "bot"]);
      wanted = { owner, door: "crm", protocolVersion: "2025-11-25", client: { name: "c", version: "1" }, capabilities: noCapabilities };
    });
    afterEach(async () => {
      await one.close();
      await other.close();
    });
    async function opened(by: Sessions = one, now = NOW) {
      const session = await by.open(wanted, now);
      if (session === undefined) throw new Error("no session");
      return session;
    }
    const find = (by: Sessions, id: string, now: number) => by.find(id, wanted.owner, "crm", now);

    test("a session that one opened is served by the other, with everything that was changed", async () => {
      const session = await opened();
      expect(await find(other, session.id, NOW)).toEqual(session);
      await one.change(session.id, wanted.owner, { set: "subscribe", uri: "a:b" }, NOW);
      expect(await find(other, session.id, NOW)).toEqual({ ...session, subscriptions: ["a:b"] });
    });

    test("a session is believed for a second after it was read, and then read again", async () => {
      const session = await opened();
      expect(trips).toBe(1);
      for (let ms = 0; ms < 1_000; ms += 100) expect(await find(one, session.id, NOW + ms)).toEqual(session);
      expect(trips).toBe(1);
      expect(await find(one, session.id, NOW + 1_000)).toEqual(session);
      expect(trips).toBe(2);
    });

    test("requests that come together ask once", async () => {
      const session = await opened();
      const answers = await Promise.all(Array.from({ length: 50 }, () => find(other, session.id, NOW)));
      expect(new Set(answers).size).toBe(1);
      expect(trips).toBe(2);
    });

    test("an end is known to every replica at once", async () => {
      const session = await opened();
      await find(other, session.id, NOW);
      expect(await other.end(session.id, wanted.owner, NOW)).toBe(true);
      expect(await find(one, session.id, NOW + 1)).toBeUndefined();
      const again = await opened();
      await find(other, again.id, NOW);
      expect(await one.endAll(wanted.owner, NOW)).toBe(1);
      expect(await find(other, again.id, NOW + 1)).toBeUndefined();
    });

    test("a replica that was cut off from the news believes an ended session for a second and no longer", async () => {
      const session = await opened();
      news.cut = true;
      expect(await other.end(session.id, wanted.owner, NOW + 1)).toBe(true);
      expect(await find(one, session.id, NOW + 999)).toEqual(session);
      expect(await find(one, session.id, NOW + 1_000)).toBeUndefined();
    });

    test("what was read before an end is not believed after it", async () => {
      const session = await opened();
      const reading = find(other, session.id, NOW);
      const ending = one.end(session.id, wanted.owner, NOW);
      await Promise.all([reading, ending]);
      expect(await find(other, session.id, NOW)).toBeUndefined();
    });

    test("a session that is nearly over is not believed beyond its end", async () => {
      const short = replica({ idle_timeout_s: 10, max_age_s: 1 });
      const session = await opened(short);
      expect(await find(short, session.id, NOW + 600)).toEqual(session);
      expect(await find(short, session.id, NOW + 999)).toEqual(session);
      expect(await find(short, session.id, NOW + 1_000)).toBeUndefined();
      await short.close();
    });

    test("uses within the believed second count when the session is read again", async () => {
      const short = replica({ idle_timeout_s: 2 });
      const session = await opened(short);
      for (let ms = 0; ms < 10_000; ms += 900) expect(await find(short, session.id, NOW + ms)).toEqual(session);
      await short.close();
    });

    test("whoever asks for a believed session that is not theirs does not keep it alive", async () => {
      const short = replica({ idle_timeout_s: 2 });
      const session = await opened(short);
      expect(await short.find(session.id, wanted.owner, "other-door", NOW + 900)).toBeUndefined();
      expect(await short.find(session.id, JSON.stringify([tenant, "mallory"]), "crm", NOW + 900)).toBeUndefined();
      expect(await find(short, session.id, NOW + 2_000)).toBeUndefined();
      await short.close();
    });

    test("limits hold over both", async () => {
      const [few, fewToo] = [replica({ max_per_owner: 5 }), replica({ max_per_owner: 5 })];
      const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => (n % 2 === 0 ? few : fewToo).open(wanted, NOW)));
      expect(answers.filter((session) => session !== undefined)).toHaveLength(5);
      await Promise.all([few.close(), fewToo.close()]);
    });

    test("the clock is that of redis unless a test says otherwise", async () => {
      const real = replica({}, "redis");
      const before = Date.now();
      const session = await opened(real, 1_000);
      expect(session.openedAt).toBeGreaterThan(before - 60_000);
      expect(await find(real, session.id, 1_000)).toEqual(session);
      expect(await find(real, session.id, 1e15)).toEqual(session);
      expect(await real.count(tenant, 0)).toBe(1);
      expect(await real.endAll(wanted.owner, 0)).toBe(1);
      await real.close();
    });

    test("every key is the tenant's, in one slot, without a name of the owner in it, and leaves by itself", async () => {
      const session = await opened();
      await one.change(session.id, wanted.owner, { set: "subscribe", uri: "a:b" }, NOW);
      const keys = await redis.run(keysScript, [], [`*${tenant}*`]);
      const names = keys.ok && Array.isArray(keys.value) ? keys.value.map(String) : [];
      expect(names).toHaveLength(4);
      for (const key of names) {
        expect(key.startsWith(`tg1:{${tenant}}:session:`)).toBe(true);
        expect(key).not.toContain("ann");
        const ttl = await redis.run(ttlScript, [key], []);
        expect(ttl.ok ? Number(ttl.value) : 0).toBeGreaterThan(1_000_000);
        expect(ttl.ok ? Number(ttl.value) : 0).toBeLessThanOrEqual(43_260_000);
      }
      await one.end(session.id, wanted.owner, NOW);
      const left = await redis.run(keysScript, [], [`*${tenant}*`]);
      expect(left).toMatchObject({ ok: true, value: [] });
    });

    test("a tenant whose name looks like a key stays in its own keys", async () => {
      const odd = { ...wanted, owner: JSON.stringify(["a}:session:all {b", "i", "ann", "bot"]) };
      const session = await one.open(odd, NOW);
      expect(await other.find(session?.id ?? "", odd.owner, "crm", NOW)).toEqual(session);
      expect(await one.endAll(odd.owner, NOW)).toBe(1);
    });
  });
});

const notOurs = found.kind === "url" ? " (left out: the redis of TOOLGATE_TEST_REDIS is not ours to stop)" : why;
describe.skipIf(found.kind !== "program")(`a redis that goes away${notOurs}`, () => {
  let server: TestRedis;
  let redis: RedisConnection;
  const owner = JSON.stringify(["default", "i", "ann", "bot"]);
  const wanted = { owner, door: "crm", protocolVersion: "2025-11-25", client: { name: "c", version: "1" }, capabilities: noCapabilities };
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
  const open = () => redisSessions(redis, sessionsConfig.parse({ max_per_owner: 1 }), { ids, news: newsroom(), clock: "caller" });

  async function everyActIsRefused(sessions: Sessions, id: string, now: number): Promise<void> {
    await expect(sessions.open(wanted, now)).rejects.toThrow(SessionsUnavailable);
    await expect(sessions.find(id, owner, "crm", now)).rejects.toThrow(SessionsUnavailable);
    await expect(sessions.change(id, owner, { set: "log_level", level: "info" }, now)).rejects.toThrow(SessionsUnavailable);
    await expect(sessions.end(id, owner, now)).rejects.toThrow(SessionsUnavailable);
    await expect(sessions.endAll(owner, now)).rejects.toThrow(SessionsUnavailable);
    await expect(sessions.count("default", now)).rejects.toThrow(SessionsUnavailable);
  }

  test("one that hangs: every act is refused, and a session that nobody was told of takes no room", async () => {
    const sessions = open();
    const session = await sessions.open(wanted, NOW);
    process.kill(server.pid ?? 0, "SIGSTOP");
    try {
      await everyActIsRefused(sessions, session?.id ?? "", NOW + 2_000);
    } finally {
      process.kill(server.pid ?? 0, "SIGCONT");
    }
    // Nothing was believed meanwhile; what ran behind the refusals ended the session.
    await vi.waitFor(async () => expect(await sessions.find(session?.id ?? "", owner, "crm", NOW + 2_000)).toBeUndefined(), {
      timeout: 15_000,
      interval: 10,
    });
    await vi.waitFor(async () => expect(await sessions.open(wanted, NOW + 2_000)).toBeDefined(), { timeout: 15_000, interval: 10 });
    await sessions.endAll(owner, NOW + 2_000);
  });

  test("one that is gone: every act is refused, and sessions are opened again when it is back", async () => {
    const sessions = open();
    const session = await sessions.open(wanted, NOW);
    await server.kill();
    expect(await sessions.find(session?.id ?? "", owner, "crm", NOW + 999)).toEqual(session);
    await everyActIsRefused(sessions, session?.id ?? "", NOW + 1_000);
    await server.restart();
    await vi.waitFor(async () => expect(await sessions.open(wanted, NOW + 1_000)).toBeDefined(), { timeout: 15_000, interval: 10 });
    expect(await sessions.find(session?.id ?? "", owner, "crm", NOW + 1_000)).toBeUndefined();
  });

  test("rubbish in its place is refused, not read as a session", async () => {
    const sessions = open();
    const fresh = { ...wanted, owner: JSON.stringify(["rubbish", "i", "ann", "bot"]) };
    const session = await sessions.open(fresh, NOW);
    const set = script("set", "redis.call('DEL', KEYS[1]) return redis.call('SET', KEYS[1], 'rubbish')");
    await redis.run(set, [`tg1:{rubbish}:session:id:${session?.id}`], []);
    await expect(sessions.find(session?.id ?? "", fresh.owner, "crm", NOW + 2_000)).rejects.toThrow(SessionsUnavailable);
  });
});
