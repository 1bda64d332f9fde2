import { createHash } from "node:crypto";
import { Redis } from "ioredis";
import { messageOf } from "../core/errors.ts";
import { err, ok, type Result } from "../core/result.ts";
import type { Logger } from "./logger.ts";
import { type RedisConfig, redisOptions } from "./redis-config.ts";
import { type RedisSubscription, subscribeTo } from "./redis-subscription.ts";

export { type RedisConfig, redisConfig } from "./redis-config.ts";
export type { RedisSubscription } from "./redis-subscription.ts";

/** A Lua script that does one act. */
export interface Script {
  readonly name: string;
  readonly lua: string;
  readonly sha1: string;
}

export function script(name: string, lua: string): Script {
  return { name, lua, sha1: createHash("sha1").update(lua).digest("hex") };
}

export interface RedisDown {
  readonly detail: string;
  /** Whether the command may have reached Redis all the same. */
  readonly mayHaveRun: boolean;
}

/** A connection that answers or refuses within a bound, and finds its way back by itself. */
export interface RedisConnection {
  /** Loads scripts now and whenever the connection is made anew, so that running one takes a single round trip. */
  prepare(scripts: readonly Script[]): void;
  /** Runs the script in one round trip. Never throws. */
  run(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<Result<unknown, RedisDown>>;
  /** Sends a message to whoever listens now; how many connections of Redis took it. In order. Never throws. */
  publish(channel: string, message: string): Promise<Result<number, RedisDown>>;
  /** Hears these channels on a connection of its own, again after each reconnect, until it is closed. */
  subscribe(channels: readonly string[], onMessage: (channel: string, message: string) => void): RedisSubscription;
  /** Called whenever the connection is ready, also when it is made anew: Redis may have forgotten everything. */
  onReady(listener: () => void): () => void;
  /** Whether commands can be sent now. */
  isReady(): boolean;
  /** Resolves once the connection is ready for the first time; an app may wait for it, but need not. */
  readonly firstReady: Promise<void>;
  close(): Promise<void>;
}

/** Bytes on their way to Redis in messages; what comes on top of them is refused, because nobody may ever take them. */
const MOST_BYTES_UNDER_WAY = 64 * 1024 * 1024;

/** Opens a connection and returns at once; while Redis is away each command is refused. */
export function openRedis(config: RedisConfig, logger: Logger): RedisConnection {
  const redis = new Redis(config.url, redisOptions(config));
  const firstReady = new Promise<void>((resolve) => redis.once("ready", () => resolve()));
  const log = logChanges(redis, logger);
  const prepared = new Set<Script>();
  redis.on("ready", () => load(redis, prepared));
  const publish = publisher(redis);
  return {
    prepare: (scripts) => {
      for (const act of scripts) prepared.add(act);
      if (redis.status === "ready") load(redis, scripts);
    },
    run: (act, keys, args) => run(redis, act, keys, args),
    publish,
    subscribe: (channels, onMessage) => subscribeTo(config, channels, onMessage, logger),
    onReady(listener) {
      redis.on("ready", listener);
      return () => redis.off("ready", listener);
    },
    isReady: () => redis.status === "ready",
    firstReady,
    close: async () => {
      log.silence();
      redis.disconnect();
    },
  };
}

/** A script that fails to load is sent whole when it is run. */
function load(redis: Redis, scripts: Iterable<Script>): void {
  for (const act of scripts) redis.script("LOAD", act.lua).catch(() => {});
}

async function run(
  redis: Redis,
  act: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<Result<unknown, RedisDown>> {
  try {
    return ok(await redis.call("EVALSHA", act.sha1, keys.length, ...keys, ...args));
  } catch (error) {
    if (!isUnknownScript(error)) return err(down(act, error));
  }
  try {
    return ok(await redis.call("EVAL", act.lua, keys.length, ...keys, ...args));
  } catch (error) {
    return err(down(act, error));
  }
}

function isUnknownScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("NOSCRIPT");
}

function publisher(redis: Redis): RedisConnection["publish"] {
  let underWay = 0;
  return async (channel, message) => {
    if (underWay + message.length > MOST_BYTES_UNDER_WAY)
      return err({ detail: "too many messages are on their way to redis", mayHaveRun: false });
    underWay += message.length;
    try {
      return ok(Number(await redis.publish(channel, message)));
    } catch (error) {
      return err(down({ name: "publish" }, error));
    } finally {
      underWay -= message.length;
    }
  };
}

function down(act: Pick<Script, "name">, error: unknown): RedisDown {
  const detail = messageOf(error);
  const neverSent = detail.includes("enableOfflineQueue") || detail === "Connection is closed.";
  return { detail: `redis did not run "${act.name}": ${neverSent ? "not connected" : detail}`, mayHaveRun: !neverSent };
}

/** One line per change, not per attempt: a Redis that is away for an hour must not fill the log. */
function logChanges(redis: Redis, logger: Logger): { silence(): void } {
  let away = false;
  let closing = false;
  redis.on("ready", () => {
    logger.info({}, away ? "redis is back" : "redis is connected");
    away = false;
  });
  redis.on("error", (error: Error) => {
    if (away || closing) return;
    away = true;
    logger.error({ error: error.message }, "redis is away; calls that need it are refused");
  });
  redis.on("close", () => {
    if (away || closing) return;
    away = true;
    logger.error({}, "redis closed the connection; calls that need it are refused");
  });
  return {
    silence() {
      closing = true;
    },
  };
}
