import type { RedisOptions } from "ioredis";
import { z } from "zod";

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

const LONGEST_RETRY_MS = 1_000;

/** How every connection to Redis is held: it answers or refuses within a bound, and finds its way back by itself. */
export function redisOptions(config: RedisConfig) {
  return {
    ...(config.username !== undefined && { username: config.username }),
    ...(config.password !== undefined && { password: config.password }),
    connectionName: "toolgate",
    connectTimeout: config.connect_timeout_ms,
    commandTimeout: config.command_timeout_ms,
    // A connection that swallows commands (a cut network) is dropped and opened anew, instead of waiting for TCP.
    socketTimeout: Math.max(1_000, 4 * config.command_timeout_ms),
    retryStrategy: (attempt: number) => Math.min(attempt * 50, LONGEST_RETRY_MS),
    // A command of the past must not run when Redis is back: its caller was refused long ago.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // After a failover the old primary answers READONLY: connect again, to the new one.
    reconnectOnError: (error: Error) => error.message.startsWith("READONLY"),
  } satisfies RedisOptions;
}
