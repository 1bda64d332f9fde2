import type { ReservationId } from "../../core/ids.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { RedisConnection, RedisDown, Script } from "../../platform/redis.ts";
import { CommitQueue } from "./commit-queue.ts";
import type { BudgetExhausted, BudgetStoreDown, HeldLevel, Ledger, Level, Reservation, ReserveOptions, Settlement } from "./ledger.ts";
import { assertActual, assertLevels, limitOf } from "./limit.ts";
import { committedScript, dispatchedScript, reserveScript, settleScript } from "./redis-scripts.ts";

export interface RedisLedgerOptions {
  readonly tenant: string;
  /**
   * Whose clock counts. `redis` (default): all replicas share the time of Redis and `now` only says how far away a
   * deadline is. `caller`: `now` itself, for tests that move it.
   */
  readonly clock?: "redis" | "caller";
}

/**
 * The ledger that replicas share: one script, so one round trip, an act; a commit of exactly what was held by a
 * dispatched hold waits for none. Redis away is `budget.unavailable` within the
 * connection's bound. Closing the ledger leaves the connection open: it belongs to whoever opened it.
 */
export function redisLedger(redis: RedisConnection, options: RedisLedgerOptions): Ledger {
  redis.prepare([reserveScript, dispatchedScript, settleScript, committedScript]);
  return new OnRedis(redis, options.tenant, options.clock === "caller");
}

const marked = ok(undefined);
const committed = ok<Settlement>({ state: "committed", exceeded: [] });

class OnRedis implements Ledger {
  readonly #redis: RedisConnection;
  readonly #counters: string;
  readonly #holds: string;
  readonly #undispatched: string;
  readonly #callerClock: boolean;
  readonly #commits: CommitQueue;

  constructor(redis: RedisConnection, tenant: string, callerClock: boolean) {
    // All keys of a tenant share one hash tag, so that a script may touch any of them on a cluster too.
    const prefix = `tg1:{${encodeURIComponent(tenant)}}:budget:`;
    this.#redis = redis;
    this.#counters = `${prefix}used:`;
    this.#holds = `${prefix}hold:`;
    this.#undispatched = `${prefix}undispatched`;
    this.#callerClock = callerClock;
    this.#commits = new CommitQueue((ids) =>
      redis.run(
        committedScript,
        ids.map((id) => this.#holds + id),
        [],
      ),
    );
  }

  async reserve(
    id: ReservationId,
    levels: readonly Level[],
    now: number,
    deadline: number,
    options?: ReserveOptions,
  ): Promise<Result<Reservation, BudgetExhausted | BudgetStoreDown>> {
    assertLevels(levels);
    if (this.#commits.isWaiting(id)) return settledAlready(id);
    const keys = [this.#holds + id, this.#undispatched];
    const args: (string | number)[] = [id, Math.max(0, deadline - now), options?.dispatched ? "1" : "0", this.#time(now), this.#holds];
    for (const level of levels) {
      const { limit, rate, suffix, windowMs } = limitOf(level);
      keys.push(this.#counters + level.key + suffix);
      if (rate === undefined) args.push("f", level.budget, level.key, level.amount, limit, windowMs, "");
      else args.push("r", level.budget, level.key, level.amount, rate.capacity, rate.unit, rate.leak);
    }
    const answer = await this.#redis.run(reserveScript, keys, args);
    if (answer.ok) {
      const held = readReserved(id, levels, answer.value);
      if (held.ok && options?.dispatched) this.#commits.opened(id);
      return held;
    }
    // The script may still run after its caller has given up; what it holds is given back behind it, if that gets through.
    if (answer.error.mayHaveRun) void this.refund(id, now);
    return down(answer.error);
  }

  async dispatched(id: ReservationId, now: number): Promise<Result<void, BudgetStoreDown>> {
    if (this.#commits.isWaiting(id)) return notHeld(id);
    const answer = await this.#redis.run(dispatchedScript, [this.#holds + id, this.#undispatched], [id, this.#time(now)]);
    if (!answer.ok) return down(answer.error);
    if (answer.value !== 1) return notHeld(id);
    this.#commits.opened(id);
    return marked;
  }

  async commit(id: ReservationId, now: number, actual?: ReadonlyMap<string, number>): Promise<Result<Settlement, BudgetStoreDown>> {
    assertActual(actual);
    if (actual === undefined && this.#commits.takes(id)) return committed;
    return this.#settle(id, now, "committed", actual);
  }

  async refund(id: ReservationId, now: number): Promise<Result<Settlement, BudgetStoreDown>> {
    return this.#settle(id, now, "refunded");
  }

  async close(): Promise<void> {
    await this.#commits.flush();
  }

  async #settle(
    id: ReservationId,
    now: number,
    state: "committed" | "refunded",
    actual?: ReadonlyMap<string, number>,
  ): Promise<Result<Settlement, BudgetStoreDown>> {
    if (this.#commits.isWaiting(id)) return committed;
    this.#commits.closed(id);
    const keys = [this.#holds + id, this.#undispatched];
    const args: (string | number)[] = [id, this.#time(now), state];
    if (actual !== undefined) {
      for (const [key, amount] of actual) args.push(key, amount);
    }
    const answer = await this.#redis.run(settleScript, keys, args);
    return answer.ok ? readSettled(settleScript, answer.value) : down(answer.error);
  }

  #time(now: number): string | number {
    return this.#callerClock ? now : "";
  }
}

function readReserved(id: ReservationId, levels: readonly Level[], reply: unknown): Result<Reservation, BudgetExhausted | BudgetStoreDown> {
  if (!isNumbers(reply)) return unreadable(reserveScript);
  if (reply[0] === 2) return settledAlready(id);
  if (reply[0] === 0) return readExhausted(levels, reply);
  if (reply[0] !== 1 || reply.length !== 1 + 2 * levels.length) return unreadable(reserveScript);
  const held: HeldLevel[] = levels.map((level, index) => ({
    budget: level.budget,
    key: level.key,
    held: level.amount,
    remaining: reply[1 + 2 * index] ?? 0,
    resetsAt: reply[2 + 2 * index] ?? 0,
  }));
  return ok({ id, levels: held });
}

function readExhausted(levels: readonly Level[], reply: readonly number[]): Result<never, BudgetExhausted | BudgetStoreDown> {
  const [, index = 0, remaining = 0, retryAt = -1] = reply;
  const level = levels[index - 1];
  if (level === undefined) return unreadable(reserveScript);
  const refusal = { code: "budget.exhausted", budget: level.budget, limit: level.limit, remaining, wanted: level.amount } as const;
  return err(retryAt < 0 ? refusal : { ...refusal, retryAt });
}

function readSettled(act: Script, reply: unknown): Result<Settlement, BudgetStoreDown> {
  if (!Array.isArray(reply)) return unreadable(act);
  const [state, ...exceeded] = reply.map(String);
  if (state !== "committed" && state !== "refunded" && state !== "expired" && state !== "unknown") return unreadable(act);
  return ok({ state, exceeded });
}

function isNumbers(reply: unknown): reply is readonly number[] {
  return Array.isArray(reply) && reply.every((part) => typeof part === "number");
}

function down(error: RedisDown): { readonly ok: false; readonly error: BudgetStoreDown } {
  return unavailable(error.detail);
}

function notHeld(id: ReservationId): { readonly ok: false; readonly error: BudgetStoreDown } {
  return unavailable(`reservation "${id}" is not held any more`);
}

function settledAlready(id: ReservationId): { readonly ok: false; readonly error: BudgetStoreDown } {
  return unavailable(`reservation "${id}" is settled already`);
}

function unreadable(act: Script): { readonly ok: false; readonly error: BudgetStoreDown } {
  return unavailable(`redis answered "${act.name}" in a way that cannot be read`);
}

function unavailable(detail: string): { readonly ok: false; readonly error: BudgetStoreDown } {
  return err({ code: "budget.unavailable", detail });
}
