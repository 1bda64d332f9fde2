import { Redis } from "ioredis";
import type { Logger } from "./logger.ts";
import { type RedisConfig, redisOptions } from "./redis-config.ts";

/** Channels that are listened to. */
export interface RedisSubscription {
  /** Whether messages come in now; what was sent before is lost. */
  isReady(): boolean;
  /** Resolves once the channels are heard for the first time. */
  readonly firstReady: Promise<void>;
  close(): Promise<void>;
}

/** A connection that only listens says nothing by itself: a cut network would never be noticed. */
const ASK_EVERY_MS = 5_000;

/** Redis speaks to a connection that listens in a mode of its own, so this one is used for nothing else. */
export function subscribeTo(
  config: RedisConfig,
  channels: readonly string[],
  onMessage: (channel: string, message: string) => void,
  logger: Logger,
): RedisSubscription {
  const redis = new Redis(config.url, { ...redisOptions(config), connectionName: "toolgate-listens", autoResubscribe: false });
  let hears = false;
  let away = false;
  let closing = false;
  const first = Promise.withResolvers<void>();
  const lost = () => {
    hears = false;
    if (away || closing) return;
    away = true;
    logger.error({}, "messages of other replicas cannot be heard");
  };
  redis.on("message", onMessage);
  redis.on("error", lost);
  redis.on("close", lost);
  redis.on("ready", () => {
    redis.subscribe(...channels).then(
      () => {
        hears = true;
        first.resolve();
        if (away) logger.info({}, "messages of other replicas are heard again");
        away = false;
      },
      // Whoever is connected and hears nothing connects again.
      () => redis.disconnect(true),
    );
  });
  // Without an answer in time the socket is given up, and the connection made anew.
  const alive = setInterval(() => void (hears && redis.ping().catch(() => {})), ASK_EVERY_MS);
  alive.unref();
  return {
    isReady: () => hears && redis.status === "ready",
    firstReady: first.promise,
    close: async () => {
      closing = true;
      hears = false;
      clearInterval(alive);
      redis.disconnect();
    },
  };
}
