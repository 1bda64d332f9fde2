import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { redisReplicas } from "../../../src/parts/replicas/index.ts";
import { type Logger, silentLogger } from "../../../src/platform/logger.ts";
import { openRedis, type RedisConnection, redisConfig } from "../../../src/platform/redis.ts";
import { replicasContract } from "../../contracts/replicas.contract.ts";
import { findRedis, startRedis, type TestRedis } from "../../support/redis.ts";

const found = findRedis();
const why = found.kind === "missing" ? ` (left out: ${found.reason})` : "";
const away = { kind: "away" };

interface Replica {
  readonly replicas: ReturnType<typeof redisReplicas>;
  readonly redis: RedisConnection;
  close(): Promise<void>;
}

async function replicaOn(url: string, logger: Logger = silentLogger): Promise<Replica> {
  const redis = openRedis(redisConfig.parse({ url, command_timeout_ms: 2_000 }), logger);
  const replicas = redisReplicas(redis, logger);
  await Promise.all([redis.firstReady, replicas.firstReady]);
  return {
    replicas,
    redis,
    async close() {
      await replicas.close();
      await redis.close();
    },
  };
}

describe.skipIf(found.kind === "missing")(`on a real redis${why}`, () => {
  let server: TestRedis;
  beforeAll(async () => {
    if (found.kind !== "missing") server = await startRedis(found);
  });
  afterAll(() => server?.stop());

  async function two(logger: Logger, toOther: boolean) {
    const [one, other] = [await replicaOn(server.url, logger), await replicaOn(server.url, logger)];
    return {
      replicas: one.replicas,
      other: toOther ? other.replicas : one.replicas,
      close: async () => {
        await one.close();
        await other.close();
      },
    };
  }
  replicasContract("redis, between two processes", (logger) => two(logger, true));
  replicasContract("redis, within one process", (logger) => two(logger, false));

  test("an asker that is gone is noticed, and the work for it ends", async () => {
    const [one, other] = [await replicaOn(server.url), await replicaOn(server.url)];
    const [asked, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    other.replicas.serve("held", (_payload, _send, signal) => {
      asked.resolve();
      signal.addEventListener("abort", () => ended.resolve());
      return new Promise(() => {});
    });
    void one.replicas.ask(other.replicas.id, "held", {}, { timeoutMs: 600_000 });
    await asked.promise;
    // As a process that is killed: no good-bye reaches the other side.
    await one.redis.close();
    await one.replicas.close();
    await ended.promise;
    await other.close();
  });

  test("a replica that ends while it works on an answer is away long before the deadline", async () => {
    const [one, other] = [await replicaOn(server.url), await replicaOn(server.url)];
    const asked = Promise.withResolvers<void>();
    other.replicas.serve("held", () => {
      asked.resolve();
      return new Promise(() => {});
    });
    const answer = one.replicas.ask(other.replicas.id, "held", {}, { timeoutMs: 600_000 });
    await asked.promise;
    await other.close();
    expect(await answer).toEqual(away);
    await one.close();
  });

  test("what is no message of a replica is left alone", async () => {
    const one = await replicaOn(server.url);
    const told = Promise.withResolvers<unknown>();
    one.replicas.onTold("x", told.resolve);
    const channel = `tg1:replica:${one.replicas.id}`;
    for (const text of [
      "",
      "{",
      "null",
      "[]",
      '{"k":"ask"}',
      '{"k":"answer","n":1,"i":0}',
      '{"k":"ask","n":1,"from":"*","topic":"x"}',
      '{"k":"tell","from":7}',
    ])
      expect(await one.redis.publish(channel, text)).toMatchObject({ ok: true, value: 1 });
    await one.redis.publish("tg1:replicas", '{"k":"tell","from":"raaaaaaaa","topic":"x","payload":1}');
    expect(await told.promise).toBe(1);
    await one.close();
  });

  test("what is said to a replica of its own process needs no redis", async () => {
    const alone = openRedis(redisConfig.parse({ url: "redis://127.0.0.1:1" }), silentLogger);
    const replicas = redisReplicas(alone, silentLogger);
    replicas.serve("echo", async (payload) => payload);
    expect(await replicas.ask(replicas.id, "echo", 1, { timeoutMs: 5_000 })).toEqual({ kind: "answer", value: 1 });
    expect(await replicas.ask("raaaaaaaa", "echo", 1, { timeoutMs: 600_000 })).toEqual(away);
    expect(replicas.isReady()).toBe(false);
    const told = Promise.withResolvers<unknown>();
    replicas.onTold("x", told.resolve);
    replicas.tell("x", 2);
    expect(await told.promise).toBe(2);
    await replicas.close();
    await alone.close();
  });
});

const notOurs = found.kind === "url" ? " (left out: the redis of TOOLGATE_TEST_REDIS is not ours to stop)" : why;
describe.skipIf(found.kind !== "program")(`a redis that goes away${notOurs}`, () => {
  test("questions are away while it is gone, and answered when it is back", async () => {
    if (found.kind === "missing") return;
    const server = await startRedis(found);
    const [one, other] = [await replicaOn(server.url), await replicaOn(server.url)];
    other.replicas.serve("echo", async (payload) => payload);
    const ask = () => one.replicas.ask(other.replicas.id, "echo", 1, { timeoutMs: 5_000 });
    expect(await ask()).toEqual({ kind: "answer", value: 1 });
    await server.kill();
    expect(await ask()).toEqual(away);
    await server.restart();
    await vi.waitFor(async () => expect(await ask()).toEqual({ kind: "answer", value: 1 }), { timeout: 15_000, interval: 10 });
    await one.close();
    await other.close();
    await server.stop();
  });

  test("closing on purpose says nothing, and a loss is told once", async () => {
    if (found.kind === "missing") return;
    const server = await startRedis(found);
    const said: string[] = [];
    const write = (_fields: unknown, message: string) => void said.push(message);
    const one = await replicaOn(server.url, { debug: write, info: write, warn: write, error: write });
    await server.kill();
    await vi.waitFor(() => expect(said).toContain("messages of other replicas cannot be heard"), { timeout: 5_000 });
    await server.restart();
    await vi.waitFor(() => expect(said).toContain("messages of other replicas are heard again"), { timeout: 15_000 });
    expect(said.filter((line) => line === "messages of other replicas cannot be heard")).toHaveLength(1);
    const before = said.length;
    await one.close();
    expect(said.length).toBe(before);
    await server.stop();
  });
});
