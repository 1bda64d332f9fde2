import { messageOf } from "../core/errors.ts";
import { err, ok, type Result } from "../core/result.ts";
import type { Readiness } from "../gateway/index.ts";
import { type Ledger, type MemoryLedger, memoryLedger, redisLedger } from "../parts/budgets/index.ts";
import { fileOperations, type Operations, redisOperations } from "../parts/operations/index.ts";
import { memoryReplicas, type Replicas, redisReplicas } from "../parts/replicas/index.ts";
import { memorySessions, redisSessions, type Sessions } from "../parts/sessions/index.ts";
import { openRedis, type RedisConnection } from "../platform/redis.ts";
import type { Surroundings } from "./build.ts";
import type { Config } from "./config.ts";
import type { SealKeys } from "./seal-keys.ts";

/** What all replicas of a gateway know together: in Redis where the configuration names one, else in this process. */
export interface SharedState {
  readonly redis: RedisConnection | undefined;
  readonly ledger: Ledger;
  /** The budgets that have to be told what was spent before this start; absent where Redis keeps them. */
  readonly forgetful: MemoryLedger | undefined;
  readonly sessions: Sessions;
  readonly replicas: Replicas;
  readonly operations: Operations;
  /** Whether it can be reached now. */
  isReady(): boolean;
  /** Its parts as /readyz tells them; none where they are in this process. */
  readiness(): Readiness["parts"];
  /** Resolves once everything has been reached for the first time. */
  readonly firstReady: Promise<unknown>;
  close(): Promise<void>;
}

/** Refuses where what operators decided is there and cannot be read: a gateway that does not know it must not start. */
export async function openSharedState(
  config: Config,
  surroundings: Surroundings,
): Promise<Result<SharedState, { readonly detail: string }>> {
  try {
    return ok(config.redis ? await inRedis(config, config.redis, surroundings) : await inThisProcess(config, surroundings));
  } catch (error) {
    return err({ detail: messageOf(error) });
  }
}

async function inThisProcess(config: Config, { clock, ids, logger }: Surroundings): Promise<SharedState> {
  const replicas = memoryReplicas(logger);
  const operations = await fileOperations(config.bundle, { folder: config.data_dir, clock, replica: replicas.id, logger });
  const ledger = memoryLedger(config.budgets);
  const sessions = memorySessions(config.sessions, { ids, news: replicas });
  return {
    redis: undefined,
    ledger,
    forgetful: ledger,
    sessions,
    replicas,
    operations,
    isReady: () => true,
    readiness: () => ({}),
    firstReady: Promise.resolve(),
    async close() {
      await operations.close();
      await sessions.close();
      await replicas.close();
      await ledger.close();
    },
  };
}

async function inRedis(config: Config, address: NonNullable<Config["redis"]>, surroundings: Surroundings): Promise<SharedState> {
  const { clock, ids, logger } = surroundings;
  const redis = openRedis(address, logger);
  const replicas = redisReplicas(redis, logger);
  const connectMs = address.connect_timeout_ms;
  const operations = await redisOperations(redis, config.bundle, {
    clock,
    folder: config.data_dir,
    replica: replicas.id,
    logger,
    connectMs,
  })
    // Nothing else is open yet.
    .catch(async (error: unknown) => {
      await replicas.close();
      await redis.close();
      throw error;
    });
  const ledger = redisLedger(redis, { tenant: config.bundle.tenant });
  const sessions = redisSessions(redis, config.sessions, { ids, news: replicas });
  const told = (ok: boolean, what: string) => ({ ok, detail: ok ? "reachable" : `${what} cannot be reached` });
  return {
    redis,
    ledger,
    forgetful: undefined,
    sessions,
    replicas,
    operations,
    isReady: () => redis.isReady(),
    readiness: () => ({
      sessions: told(redis.isReady(), "the store of sessions"),
      replicas: told(replicas.isReady(), "the other replicas"),
    }),
    firstReady: Promise.all([redis.firstReady, replicas.firstReady]),
    async close() {
      await operations.close();
      await sessions.close();
      await replicas.close();
      await ledger.close();
      await redis.close();
    },
  };
}

/** What the gateway says of itself, with what it shares. */
export function withShared(own: Readiness, shared: SharedState, seals: SealKeys): Readiness {
  if (shared.redis === undefined) return own;
  const sealed = seals.current().length > 0;
  const parts = {
    ...own.parts,
    ...shared.readiness(),
    seals: { ok: sealed, detail: sealed ? "there is a key" : "the key of seals was not read yet" },
  };
  return { ready: own.ready && Object.values(parts).every(({ ok }) => ok), parts };
}
