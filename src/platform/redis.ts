import { createHash } from "node:crypto";
import { Redis } from "ioredis";
import { z } from "zod";
import { err, ok, type Result } from "../core/result.ts";
import type { Logger } from "./logger.ts";

/** Where state is shared between replicas. Leave the section out and state lives in this process and its log. */
export const redisConfig = z.strictObject({
  url: z
    .string()
    .regex(/^rediss?:\/\/[^\s]+$/, 'wanted redis://host:port or rediss://host:port, e.g. "redis://127.0.0.1:6379"')
    .describe("Address of Redis 6.2 or newer. Its maxmemory-policy must be noeviction: an evicted counter is a budget that starts anew."),
  username: z.string().min(1).optional().describe("User for AUTH, if the URL names none."),
  password: z.string().min(1).optional().describe("Password for AUTH, if the URL names none."),
  command_timeout_ms: z.int().min(10).max(10_000).default(250).describe("A command without an answer after this is a refusal."),
  connect_timeout_ms: z.int().min(10).max(60_000).default(2_000).describe("An attempt to connect that takes longer is given up."),
});

export type RedisConfig = z.infer<typeof redisConfig>;

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
  /** Whether commands can be sent now. */
  isReady(): boolean;
  /** Resolves once the connection is ready for the first time; an app may wait for it, but need not. */
  readonly firstReady: Promise<void>;
  close(): Promise<void>;
}

const LONGEST_RETRY_MS = 1_000;

/** Opens a connection and returns at once; while Redis is away each command is refused. */
export function openRedis(config: RedisConfig, logger: Logger): RedisConnection {
  const redis = new Redis(config.url, {
    ...(config.username !== undefined && { username: config.username }),
    ...(config.password !== undefined && { password: config.password }),
    connectionName: "toolgate",
    connectTimeout: config.connect_timeout_ms,
    commandTimeout: config.command_timeout_ms,
    // A connection that swallows commands (a cut network) is dropped and opened anew, instead of waiting for TCP.
    socketTimeout: Math.max(1_000, 4 * config.command_timeout_ms),
    retryStrategy: (attempt) => Math.min(attempt * 50, LONGEST_RETRY_MS),
    // A command of the past must not run when Redis is back: its caller was refused long ago.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // After a failover the old primary answers READONLY: connect again, to the new one.
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
  });
  const firstReady = new Promise<void>((resolve) => redis.once("ready", () => resolve()));
  const log = logChanges(redis, logger);
  const prepared = new Set<Script>();
  redis.on("ready", () => load(redis, prepared));
  return {
    prepare: (scripts) => {
      for (const act of scripts) prepared.add(act);
      if (redis.status === "ready") load(redis, scripts);
    },
    run: (act, keys, args) => run(redis, act, keys, args),
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

function down(act: Script, error: unknown): RedisDown {
  const detail = error instanceof Error ? error.message : String(error);
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
