import { createSecretKey, hkdfSync, type KeyObject, randomBytes } from "node:crypto";
import type { Logger } from "./logger.ts";
import { type RedisConnection, script } from "./redis.ts";

export const SEAL_KEY_BYTES = 32;
const PURPOSE = "toolgate seal s1";
const RETRY_MS = 1_000;
/** A Redis that was emptied while connections stayed open gets the key back before the next replica starts, as a rule. */
const AGAIN_MS = 10_000;
/** Keys that are kept where Redis forgot one and another was made. */
const MOST_KEYS = 4;

/** A key for seals out of a secret of the company (HKDF-SHA256). The secret must not be one that can be guessed. */
export function sealKeyOf(secret: string): KeyObject {
  return sealKey(new Uint8Array(hkdfSync("sha256", secret, "", PURPOSE, SEAL_KEY_BYTES)));
}

export function sealKey(bytes: Uint8Array): KeyObject {
  if (bytes.byteLength !== SEAL_KEY_BYTES) throw new Error(`a key of seals has ${SEAL_KEY_BYTES} bytes, found ${bytes.byteLength}`);
  return createSecretKey(bytes);
}

/** The key that all replicas share; it is made by the first of them. */
export interface SharedSealKeys {
  /** The first seals, all open; none until Redis has been asked. */
  current(): readonly KeyObject[];
  /** Resolves once there is a key. */
  readonly firstReady: Promise<void>;
  close(): void;
}

/**
 * Seal key: what is there stays, else what is offered.
 *
 * KEYS  1 the key
 * ARGV  1 the key to begin with, base64
 * Returns the key, base64.
 */
const sealKeyScript = script(
  "seal-key",
  `
local known = redis.call('GET', KEYS[1])
if known then return known end
redis.call('SET', KEYS[1], ARGV[1])
return ARGV[1]
`,
);

/**
 * Asked again now and then, and whenever the connection is made anew: a Redis that forgot everything is given the key that was shared before,
 * by whichever replica comes first, so that what was sealed goes on to open.
 */
export function sharedSealKeys(redis: RedisConnection, logger: Logger): SharedSealKeys {
  redis.prepare([sealKeyScript]);
  let offered = randomBytes(SEAL_KEY_BYTES);
  let keys: readonly KeyObject[] = [];
  let retry: NodeJS.Timeout | undefined;
  let closed = false;
  const first = Promise.withResolvers<void>();

  async function ask(): Promise<void> {
    clearTimeout(retry);
    if (closed) return;
    const answer = await redis.run(sealKeyScript, ["tg1:seal"], [offered.toString("base64")]);
    if (answer.ok && take(answer.value)) first.resolve();
    else if (answer.ok) logger.error({}, "what redis keeps as the key of seals is none; replicas that start now cannot seal");
    clearTimeout(retry);
    if (!closed) retry = setTimeout(() => void ask(), keys.length > 0 ? AGAIN_MS : RETRY_MS).unref();
  }

  function take(value: unknown): boolean {
    const bytes = Buffer.from(typeof value === "string" ? value : "", "base64");
    if (bytes.byteLength !== SEAL_KEY_BYTES) return false;
    if (keys.length > 0 && bytes.equals(offered)) return true;
    if (keys.length > 0) logger.warn({}, "redis has another key of seals than before; both open");
    offered = bytes;
    keys = [sealKey(bytes), ...keys].slice(0, MOST_KEYS);
    return true;
  }

  const stop = redis.onReady(() => void ask());
  if (redis.isReady()) void ask();
  return {
    current: () => keys,
    firstReady: first.promise,
    close() {
      closed = true;
      clearTimeout(retry);
      stop();
    },
  };
}
