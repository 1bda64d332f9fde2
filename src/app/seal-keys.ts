import type { KeyObject } from "node:crypto";
import { z } from "zod";
import { err, ok, type Result } from "../core/result.ts";
import { secretOf } from "../parts/credentials/index.ts";
import type { RedisConnection } from "../platform/redis.ts";
import { sealKey, sealKeyOf, sharedSealKeys } from "../platform/seal-keys.ts";
import type { NotBuilt, Surroundings } from "./build.ts";
import type { Config } from "./config.ts";
import type { DataDirectory } from "./data-directory.ts";

/** Where the key of what clients must bring back unread comes from. */
export const sealingConfig = z.strictObject({
  secret: z
    .string()
    .min(1)
    .describe("Name in `secrets` of what the key is made from: at least 32 characters that nobody can guess, the same for all replicas."),
  previous: z
    .array(z.string().min(1))
    .max(4)
    .default([])
    .describe("Names of the secrets before it: what was sealed under them still opens. Leave them out after a day."),
});

/** The keys of seals: the first seals, all open. */
export interface SealKeys {
  current(): readonly KeyObject[];
  /** Resolves once there is one. */
  readonly firstReady: Promise<void>;
  close(): void;
}

/** Sealed texts are in the hands of clients: a secret that can be guessed would be found out with them. */
const LEAST_CHARACTERS = 32;

/** From secrets of the company, else one that all replicas share in Redis, else one in the data directory. */
export async function sealKeysOf(
  config: Config,
  surroundings: Surroundings,
  data: DataDirectory,
  redis: RedisConnection | undefined,
): Promise<Result<SealKeys, NotBuilt>> {
  if (config.sealing) return fromSecrets([config.sealing.secret, ...config.sealing.previous], config, surroundings);
  if (redis) return ok(sharedSealKeys(redis, surroundings.logger));
  return ok(fixed([sealKey(await data.sealKey())]));
}

async function fromSecrets(
  names: readonly string[],
  { secrets }: Config,
  { environment, clock }: Surroundings,
): Promise<Result<SealKeys, NotBuilt>> {
  const keys: KeyObject[] = [];
  for (const name of names) {
    const source = secrets[name];
    const secret = source === undefined ? err("it is not in the configuration") : await secretOf(source, environment, clock).read();
    if (!secret.ok) return err({ detail: `sealing: the secret "${name}" is missing: ${secret.error}` });
    const { length } = secret.value;
    if (length < LEAST_CHARACTERS) {
      return err({
        detail: `sealing: the secret "${name}" has ${length} characters, wanted ${LEAST_CHARACTERS} or more: openssl rand -base64 32`,
      });
    }
    keys.push(sealKeyOf(secret.value));
  }
  return ok(fixed(keys));
}

function fixed(keys: readonly KeyObject[]): SealKeys {
  return { current: () => keys, firstReady: Promise.resolve(), close: () => {} };
}
