import type { Digest } from "../../core/digest.ts";
import type { ComparisonCounts, OperationsState, ReplicaReport } from "../../core/operations.ts";
import type { Result } from "../../core/result.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Logger, silentLogger } from "../../platform/logger.ts";
import type { RedisConnection, RedisSubscription } from "../../platform/redis.ts";
import { KnownState } from "./known-state.ts";
import { LocalCopy } from "./local-copy.ts";
import type { Counted, Operations, OperationsKey, OperationsUnavailable } from "./operations.ts";
import { RedisBundles } from "./redis-bundles.ts";
import { RedisCounts } from "./redis-counts.ts";
import { keysOf } from "./redis-keys.ts";
import { RedisReports } from "./redis-reports.ts";
import * as scripts from "./redis-scripts.ts";
import { SharedState } from "./shared-state.ts";
import { KEPT_AFTER_END_MS } from "./tally.ts";

export interface RedisOperationsOptions {
  readonly clock: Clock;
  /** The data directory, which this process holds locked: a copy of the state is kept there. */
  readonly folder: string;
  readonly replica: string;
  readonly logger?: Logger;
  /** How often it is looked for what a lost message would have told; a second. */
  readonly pollMs?: number;
  /** How long the first look waits for a connection; two seconds. */
  readonly connectMs?: number;
  /** Whose time reports of replicas have. `redis` (default): that of Redis. `caller`: the clock's, for tests that move it. */
  readonly time?: "redis" | "caller";
}

const A_WEEK_MS = 7 * 24 * 60 * 60 * 1000;

/**
 * Operations that replicas share. Redis away refuses changes within the connection's bound; what is known stays in force.
 * Redis without its memory gets it back from the replica that knows most. Closing leaves the connection open: it belongs
 * to whoever opened it. Throws where the copy on disk cannot be read: it may be all that knows of a quarantine.
 */
export async function redisOperations(redis: RedisConnection, key: OperationsKey, options: RedisOperationsOptions): Promise<Operations> {
  redis.prepare(Object.values(scripts));
  const copy = await LocalCopy.open(options.folder, key, options.logger ?? silentLogger);
  return new OnRedis(redis, key, copy, options);
}

class OnRedis implements Operations {
  readonly firstRead: Promise<void>;
  readonly #known: KnownState;
  readonly #copy: LocalCopy;
  readonly #shared: SharedState;
  readonly #counts: RedisCounts;
  readonly #bundles: RedisBundles;
  readonly #reports: RedisReports;
  readonly #subscription: RedisSubscription;
  readonly #stopReady: () => void;
  readonly #poll: NodeJS.Timeout;
  readonly #closed = new AbortController();

  constructor(redis: RedisConnection, key: OperationsKey, copy: LocalCopy, options: RedisOperationsOptions) {
    const { clock, replica, logger = silentLogger, pollMs = 1_000, connectMs = 2_000, time } = options;
    const keys = keysOf(key);
    this.#copy = copy;
    this.#known = new KnownState(logger, copy.start?.state);
    this.#shared = new SharedState(redis, keys, this.#known, copy, clock, logger);
    this.#counts = new RedisCounts(redis, keys, replica);
    this.#bundles = new RedisBundles(redis, keys);
    this.#reports = new RedisReports(redis, keys.replicas, () => (time === "caller" ? clock.now() : ""));
    this.#subscription = redis.subscribe([keys.channel], (_channel, version) => {
      if (Number(version) > this.current().version) this.#look();
    });
    this.#stopReady = redis.onReady(() => this.#look());
    this.#poll = setInterval(() => this.#look(), pollMs).unref();
    this.firstRead = this.#connected(redis, connectMs).then(() => this.#shared.look());
  }

  current(): OperationsState {
    return this.#known.current;
  }

  staleMs(): number {
    return this.#shared.staleMs();
  }

  update<Refusal>(
    change: (state: OperationsState) => Result<Omit<OperationsState, "version">, Refusal>,
  ): Promise<Result<OperationsState, Refusal | OperationsUnavailable>> {
    return this.#shared.update(change);
  }

  onChange(listener: (state: OperationsState) => void): () => void {
    return this.#known.onChange(listener);
  }

  count(rollout: string, found: Counted): Promise<Result<void, OperationsUnavailable>> {
    return this.#counts.add(rollout, found, this.current().rollout?.id === rollout ? A_WEEK_MS : KEPT_AFTER_END_MS);
  }

  counts(rollout: string): Promise<Result<ComparisonCounts, OperationsUnavailable>> {
    return this.#counts.read(rollout);
  }

  saveBundle(digest: Digest, bytes: Uint8Array): Promise<Result<void, OperationsUnavailable>> {
    return this.#bundles.save(digest, bytes);
  }

  readBundle(digest: Digest): Promise<Result<Uint8Array | undefined, OperationsUnavailable>> {
    return this.#bundles.read(digest);
  }

  keepBundles(digests: ReadonlySet<Digest>): Promise<void> {
    return this.#bundles.keep(digests);
  }

  report(report: Omit<ReplicaReport, "at">): void {
    this.#reports.add(report);
  }

  replicas(): Promise<Result<readonly ReplicaReport[], OperationsUnavailable>> {
    return this.#reports.lately();
  }

  async close(): Promise<void> {
    this.#closed.abort();
    clearInterval(this.#poll);
    this.#stopReady();
    await this.#subscription.close();
    await Promise.all([this.#shared.settled(), this.#counts.settled()]);
    await this.#copy.settled();
  }

  #look(): void {
    if (!this.#closed.signal.aborted) void this.#shared.look();
  }

  /** A connection that is being made is waited for, one that cannot be made is not. */
  async #connected(redis: RedisConnection, ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms).unref();
    this.#closed.signal.addEventListener("abort", () => resolve(), { once: true });
    await Promise.race([redis.firstReady, promise]);
    clearTimeout(timer);
  }
}
