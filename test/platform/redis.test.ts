import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { silentLogger } from "../../src/platform/logger.ts";
import { openRedis, type RedisConnection, redisConfig } from "../../src/platform/redis.ts";
import { findRedis, startRedis, type TestRedis } from "../support/redis.ts";

const found = findRedis();
const why = found.kind === "program" ? "" : " (left out: there is no redis-server of our own to stop)";

describe.skipIf(found.kind !== "program")(`messages over redis${why}`, () => {
  let server: TestRedis;
  let redis: RedisConnection;
  beforeAll(async () => {
    if (found.kind === "missing") return;
    server = await startRedis(found);
    redis = openRedis(redisConfig.parse({ url: server.url, command_timeout_ms: 5_000 }), silentLogger);
    await redis.firstReady;
  });
  afterAll(async () => {
    await redis?.close();
    await server?.stop();
  });

  test("reach who listens, in order, and it is told how many those are", async () => {
    expect(await redis.publish("channel", "nobody")).toEqual({ ok: true, value: 0 });
    const heard: string[] = [];
    const subscription = redis.subscribe(["channel", "other"], (channel, message) => heard.push(`${channel} ${message}`));
    await subscription.firstReady;
    const sent = Array.from({ length: 100 }, (_, n) => redis.publish(n % 2 === 0 ? "channel" : "other", String(n)));
    for (const answer of await Promise.all(sent)) expect(answer).toEqual({ ok: true, value: 1 });
    await vi.waitFor(() => expect(heard).toHaveLength(100));
    expect(heard).toEqual(Array.from({ length: 100 }, (_, n) => `${n % 2 === 0 ? "channel" : "other"} ${n}`));
    await subscription.close();
    expect(subscription.isReady()).toBe(false);
  });

  test("are refused where more are on their way than anybody could take, and taken again when those are through", async () => {
    const large = "x".repeat(20 * 1024 * 1024);
    const answers = await Promise.all(Array.from({ length: 5 }, () => redis.publish("channel", large)));
    expect(answers.filter(({ ok }) => ok)).toHaveLength(3);
    for (const answer of answers) if (!answer.ok) expect(answer.error.mayHaveRun).toBe(false);
    expect(await redis.publish("channel", large)).toEqual({ ok: true, value: 0 });
  });

  test("are heard again after the connection was lost, and nothing is said of one that is closed on purpose", async () => {
    const heard: string[] = [];
    const said: string[] = [];
    const write = (_fields: unknown, message: string) => void said.push(message);
    const own = openRedis(redisConfig.parse({ url: server.url }), { debug: write, info: write, warn: write, error: write });
    const subscription = own.subscribe(["channel"], (_channel, message) => heard.push(message));
    await subscription.firstReady;
    await server.kill();
    await vi.waitFor(() => expect(subscription.isReady()).toBe(false));
    await server.restart();
    await vi.waitFor(() => expect(subscription.isReady()).toBe(true), { timeout: 15_000 });
    await vi.waitFor(async () => expect(await redis.publish("channel", "back")).toMatchObject({ ok: true, value: 1 }), { timeout: 15_000 });
    await vi.waitFor(() => expect(heard).toContain("back"));
    const before = said.length;
    await subscription.close();
    await own.close();
    expect(said.slice(before)).toEqual([]);
  });

  test("are refused at once while redis is away", async () => {
    const nowhere = openRedis(redisConfig.parse({ url: "redis://127.0.0.1:1" }), silentLogger);
    expect(await nowhere.publish("channel", "x")).toMatchObject({ ok: false, error: { mayHaveRun: false } });
    const subscription = nowhere.subscribe(["channel"], () => {});
    expect(subscription.isReady()).toBe(false);
    await subscription.close();
    await nowhere.close();
  });
});
