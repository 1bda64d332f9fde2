import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { silentLogger } from "../../src/platform/logger.ts";
import { openRedis, type RedisConnection, redisConfig, script } from "../../src/platform/redis.ts";
import { sealKey, sealKeyOf, sharedSealKeys } from "../../src/platform/seal-keys.ts";
import { aeadSealer } from "../../src/platform/sealer.ts";
import { findRedis, startRedis, type TestRedis } from "../support/redis.ts";

const NOW = 1_700_000_000_000;
const [key, next] = [sealKey(randomBytes(32)), sealKey(randomBytes(32))];
const sealer = aeadSealer(() => [key]);
const forged = { ok: false, error: "forged" };
const values = fc.dictionary(
  fc.string({ unit: "binary" }).filter((name) => name !== "__proto__"),
  fc.jsonValue({ stringUnit: "binary" }),
);
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

describe("a sealed value", () => {
  test("comes back as it was, from a text of letters, digits and signs that may stand in a header", () => {
    fc.assert(
      fc.property(values, fc.string({ unit: "binary" }), (value, purpose) => {
        const text = sealer.seal(purpose, value, NOW + 1);
        expect(text).toMatch(/^[A-Za-z0-9_.-]+$/);
        expect(sealer.open(purpose, text, NOW)).toEqual({ ok: true, value: JSON.parse(JSON.stringify(value)) });
      }),
    );
  });

  test("is forged with any of its letters changed, taken away or added", () => {
    fc.assert(
      fc.property(values, fc.nat(), fc.constantFrom(...alphabet, ".", "=", " ", "\n", "\0", "é"), (value, place, letter) => {
        const text = sealer.seal("state", value, NOW + 1);
        const at = place % text.length;
        for (const other of [
          `${text.slice(0, at)}${letter}${text.slice(at + 1)}`,
          `${text.slice(0, at)}${letter}${text.slice(at)}`,
          `${text.slice(0, at)}${text.slice(at + 1)}`,
          text + letter,
        ])
          if (other !== text) expect(sealer.open("state", other, NOW)).toEqual(forged);
      }),
    );
  });

  test("is forged under another last letter of the same bytes", () => {
    for (let length = 0; length < 3; length++) {
      const text = sealer.seal("state", { v: "x".repeat(length) }, NOW + 1);
      for (const letter of alphabet)
        if (letter !== text.at(-1)) expect(sealer.open("state", text.slice(0, -1) + letter, NOW)).toEqual(forged);
    }
  });

  test("opens for its own purpose and under no other", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (purpose, other) => {
        fc.pre(purpose !== other);
        expect(sealer.open(other, sealer.seal(purpose, {}, NOW + 1), NOW)).toEqual(forged);
      }),
    );
  });

  test("is over at its time, and what never ends cannot be sealed", () => {
    const text = sealer.seal("state", { a: 1 }, NOW);
    expect(sealer.open("state", text, NOW - 1)).toEqual({ ok: true, value: { a: 1 } });
    expect(sealer.open("state", text, NOW)).toEqual({ ok: false, error: "expired" });
    for (const never of [Number.NaN, Number.POSITIVE_INFINITY, 1e300])
      expect(() => sealer.seal("state", {}, never)).toThrow("milliseconds");
  });

  test("looks different each time and shows nothing of what is in it but its length", () => {
    const texts = new Set(Array.from({ length: 100 }, () => sealer.seal("state", { user: "ann" }, NOW + 1)));
    expect(texts.size).toBe(100);
    for (const text of texts) expect(Buffer.from(text.slice(3), "base64url").toString("latin1")).not.toContain("ann");
  });

  test("is forged where it is no sealed text at all", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `s1.${text}`),
          fc.constant("s1."),
        ),
        (text) => {
          expect(sealer.open("state", text, NOW)).toEqual(forged);
        },
      ),
    );
  });
});

describe("keys", () => {
  test("the first seals and all open, so that one can be replaced", () => {
    const [before, during, after] = [aeadSealer(() => [key]), aeadSealer(() => [next, key]), aeadSealer(() => [next])];
    const old = before.seal("state", { n: 1 }, NOW + 1);
    const fresh = during.seal("state", { n: 2 }, NOW + 1);
    expect(during.open("state", old, NOW)).toMatchObject({ ok: true, value: { n: 1 } });
    expect(after.open("state", fresh, NOW)).toMatchObject({ ok: true, value: { n: 2 } });
    expect(after.open("state", old, NOW)).toEqual(forged);
    expect(before.open("state", fresh, NOW)).toEqual(forged);
  });

  test("without one nothing is sealed and nothing opens", () => {
    const empty = aeadSealer(() => []);
    expect(() => empty.seal("state", {}, NOW + 1)).toThrow("no key");
    expect(empty.open("state", sealer.seal("state", {}, NOW + 1), NOW)).toEqual(forged);
  });

  test("of the same secret are the same, and of another are others", () => {
    const text = aeadSealer(() => [sealKeyOf("a long enough secret")]).seal("state", { n: 1 }, NOW + 1);
    expect(aeadSealer(() => [sealKeyOf("a long enough secret")]).open("state", text, NOW)).toMatchObject({ ok: true });
    expect(aeadSealer(() => [sealKeyOf("a long enough secreT")]).open("state", text, NOW)).toEqual(forged);
    expect(() => sealKey(randomBytes(31))).toThrow("found 31");
  });
});

test("the shared key is given back to a redis that was emptied while every connection stayed open", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  let held: string | undefined;
  const unused = () => Promise.reject(new Error("not of this test"));
  const redis: RedisConnection = {
    prepare: () => {},
    run: async (_act, _keys, [offered]) => {
      held ??= String(offered);
      return { ok: true, value: held };
    },
    publish: unused,
    subscribe: () => ({ isReady: () => false, firstReady: Promise.resolve(), close: unused }),
    onReady: () => () => {},
    isReady: () => true,
    firstReady: Promise.resolve(),
    close: unused,
  };
  const one = sharedSealKeys(redis, silentLogger);
  await one.firstReady;
  const text = aeadSealer(one.current).seal("state", { n: 1 }, NOW + 1);
  held = undefined;
  await vi.advanceTimersByTimeAsync(10_000);
  const newcomer = sharedSealKeys(redis, silentLogger);
  await newcomer.firstReady;
  expect(aeadSealer(newcomer.current).open("state", text, NOW)).toMatchObject({ ok: true });
  for (const keys of [one, newcomer]) keys.close();
  expect(vi.getTimerCount()).toBe(0);
});

const found = findRedis();
const notOurs = found.kind === "url" ? " (left out: the redis of TOOLGATE_TEST_REDIS is not ours to stop)" : "";
describe.skipIf(found.kind !== "program")(`the key that replicas share${notOurs}`, () => {
  let server: TestRedis;
  const open: RedisConnection[] = [];
  beforeAll(async () => {
    if (found.kind !== "missing") server = await startRedis(found);
  });
  afterAll(async () => {
    for (const redis of open) await redis.close();
    await server?.stop();
  });

  function replica() {
    const redis = openRedis(redisConfig.parse({ url: server.url, command_timeout_ms: 2_000 }), silentLogger);
    open.push(redis);
    const keys = sharedSealKeys(redis, silentLogger);
    return { redis, keys, sealer: aeadSealer(keys.current) };
  }

  test("is the same in all of them, whoever comes first", async () => {
    const replicas = Array.from({ length: 8 }, replica);
    await Promise.all(replicas.map(({ keys }) => keys.firstReady));
    const texts = replicas.map((one) => one.sealer.seal("state", { n: 1 }, NOW + 1));
    for (const one of replicas) for (const text of texts) expect(one.sealer.open("state", text, NOW)).toMatchObject({ ok: true });
    for (const { keys } of replicas) keys.close();
  });

  test("outlives a redis that forgets everything", async () => {
    const one = replica();
    await one.keys.firstReady;
    const text = one.sealer.seal("state", { n: 1 }, NOW + 1);
    await server.kill();
    await server.restart();
    await vi.waitFor(() => expect(one.redis.isReady()).toBe(true), { timeout: 15_000, interval: 10 });
    const get = script("get", "return redis.call('GET', KEYS[1])");
    await vi.waitFor(async () => expect(await one.redis.run(get, ["tg1:seal"], [])).toMatchObject({ ok: true, value: expect.any(String) }));
    const newcomer = replica();
    await newcomer.keys.firstReady;
    expect(newcomer.sealer.open("state", text, NOW)).toMatchObject({ ok: true });
    for (const { keys } of [one, newcomer]) keys.close();
  });

  test("is no key where redis holds something else", async () => {
    const one = replica();
    await one.keys.firstReady;
    await one.redis.run(script("set", "return redis.call('SET', KEYS[1], 'short')"), ["tg1:seal"], []);
    const other = replica();
    await other.redis.firstReady;
    await other.redis.run(script("ping", "return 1"), [], []);
    expect(() => other.sealer.seal("state", {}, NOW + 1)).toThrow("no key");
    await one.redis.run(script("del", "return redis.call('DEL', KEYS[1])"), ["tg1:seal"], []);
    for (const { keys } of [one, other]) keys.close();
  });
});
