import type { ReservationId } from "../../core/ids.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { BudgetsConfig } from "./config.ts";
import { type Counter, newCounter, type Share } from "./counter.ts";
import { DeadlineHeap, type Timed } from "./deadline-heap.ts";
import type { BudgetExhausted, BudgetStoreDown, Ledger, Level, Reservation, ReserveOptions, Settlement } from "./ledger.ts";
import { assertActual, assertLevels, type Limit, limitOf } from "./limit.ts";
import { SettledHolds } from "./settled-holds.ts";

/** How long after its deadline a dispatched hold still takes an actual amount above what was held. */
export const LATE_COMMIT_MS = 60_000;

/** How long a counter is kept after it ended: a clock that steps back by less does not find its window empty again. */
export const KEPT_AFTER_END_MS = 60_000;

/** A ledger in this process. It knows nothing after a restart until `restore` tells it. */
export interface MemoryLedger extends Ledger {
  /** Spends the amounts of the levels as of `at`, oldest first; what lies in a window that is over changes nothing. */
  restore(levels: readonly Level[], at: number): void;
  /** What is kept, for metrics. */
  size(): { readonly holds: number; readonly counters: number };
}

interface Hold extends Timed {
  readonly id: ReservationId;
  readonly reservation: Reservation;
  readonly shares: readonly Share[];
  dispatched: boolean;
  /** Expired to a commit: only what exceeds the hold may still be spent. */
  late: boolean;
}

/**
 * The ledger in memory, which is the specification of the others. Nothing waits for a timer: each hold first
 * settles what is due at the `now` it is given.
 */
export function memoryLedger(config: BudgetsConfig): MemoryLedger {
  return new InMemory(config.max_holds, config.max_counters);
}

const nothingExceeded: readonly string[] = [];
const committed = ok<Settlement>({ state: "committed", exceeded: nothingExceeded });
const refunded = ok<Settlement>({ state: "refunded", exceeded: nothingExceeded });
const marked = ok(undefined);

class InMemory implements MemoryLedger {
  readonly #counters = new Map<string, Counter>();
  readonly #holds = new Map<ReservationId, Hold>();
  readonly #deadlines = new DeadlineHeap<Hold>();
  readonly #settled = new SettledHolds();
  readonly #maxHolds: number;
  readonly #maxCounters: number;
  #sweep: Iterator<Counter> = this.#counters.values();

  constructor(maxHolds: number, maxCounters: number) {
    this.#maxHolds = maxHolds;
    this.#maxCounters = maxCounters;
  }

  async reserve(
    id: ReservationId,
    levels: readonly Level[],
    now: number,
    deadline: number,
    options?: ReserveOptions,
  ): Promise<Result<Reservation, BudgetExhausted | BudgetStoreDown>> {
    assertLevels(levels);
    this.#expire(now);
    const known = this.#holds.get(id);
    if (known !== undefined) return ok(known.reservation);
    if (this.#settled.get(id) !== undefined) return unavailable(`reservation "${id}" is settled already`);
    if (this.#holds.size >= this.#maxHolds) return unavailable(`"${this.#maxHolds}" holds are open already`);

    const shares = this.#takeAll(levels, now);
    if (!shares.ok) return shares;
    const reservation = { id, levels: shares.value.map((share) => share.held) };
    const hold = { id, reservation, shares: shares.value, deadline, place: -1, dispatched: options?.dispatched === true, late: false };
    this.#holds.set(id, hold);
    this.#deadlines.add(hold);
    return ok(reservation);
  }

  async dispatched(id: ReservationId, now: number): Promise<Result<void, BudgetStoreDown>> {
    const hold = this.#find(id, now);
    if (hold === undefined || hold.late) return unavailable(`reservation "${id}" is not held any more`);
    hold.dispatched = true;
    return marked;
  }

  async commit(id: ReservationId, now: number, actual?: ReadonlyMap<string, number>): Promise<Result<Settlement, BudgetStoreDown>> {
    assertActual(actual);
    const hold = this.#find(id, now);
    if (hold === undefined) return this.#settledAlready(id);
    this.#close(hold, "committed");
    if (actual === undefined) return committed;
    const exceeded = settleActual(hold, actual, now);
    return exceeded.length === 0 ? committed : ok({ state: "committed", exceeded });
  }

  async refund(id: ReservationId, now: number): Promise<Result<Settlement, BudgetStoreDown>> {
    const hold = this.#find(id, now);
    if (hold === undefined) return this.#settledAlready(id);
    if (hold.late) return committed;
    this.#close(hold, "refunded");
    giveBackAll(hold.shares, now);
    return refunded;
  }

  restore(levels: readonly Level[], at: number): void {
    assertLevels(levels);
    // Without a bound: spend that is left out here could be spent again.
    for (const level of levels) this.#counterOf(level, limitOf(level), Number.POSITIVE_INFINITY)?.restore(level.amount, at);
  }

  size(): { readonly holds: number; readonly counters: number } {
    return { holds: this.#holds.size, counters: this.#counters.size };
  }

  async close(): Promise<void> {
    this.#holds.clear();
    this.#counters.clear();
  }

  #takeAll(levels: readonly Level[], now: number): Result<readonly Share[], BudgetExhausted | BudgetStoreDown> {
    this.#dropIdle(levels.length + 1, now);
    const shares: Share[] = [];
    for (const level of levels) {
      const limit = limitOf(level);
      const share = this.#counterOf(level, limit, this.#maxCounters)?.take(level, limit, now);
      if (share !== undefined && "held" in share) {
        share.counter.holds++;
        shares.push(share);
        continue;
      }
      giveBackAll(shares, now);
      for (const taken of shares) taken.counter.holds--;
      return share === undefined ? unavailable(`"${this.#maxCounters}" counters are in use already`) : err(share);
    }
    return ok(shares);
  }

  #counterOf(level: Level, limit: Limit, bound: number): Counter | undefined {
    const name = level.key + limit.suffix;
    const known = this.#counters.get(name);
    if (known !== undefined || this.#counters.size >= bound) return known;
    const counter = newCounter(name, limit);
    this.#counters.set(name, counter);
    return counter;
  }

  /** Looks at the next few counters, in turn, so that ended windows go at the pace at which new ones come. */
  #dropIdle(count: number, now: number): void {
    for (let looked = 0; looked < count; looked++) {
      const next = this.#sweep.next();
      if (next.done === true) {
        this.#sweep = this.#counters.values();
        return;
      }
      if (next.value.holds === 0 && next.value.isIdle(now - KEPT_AFTER_END_MS)) this.#counters.delete(next.value.name);
    }
  }

  /** Settles everything that is due. Only a hold asks for it: until then nobody sees what an expiry would give back. */
  #expire(now: number): void {
    for (let hold = this.#deadlines.takeDue(now); hold !== undefined; hold = this.#deadlines.takeDue(now)) this.#end(hold, now);
  }

  /** The hold, if it is open or late at `now`. */
  #find(id: ReservationId, now: number): Hold | undefined {
    const hold = this.#holds.get(id);
    if (hold === undefined || hold.deadline > now) return hold;
    this.#deadlines.remove(hold);
    this.#end(hold, now);
    return this.#holds.get(id);
  }

  #end(hold: Hold, now: number): void {
    if (hold.late) this.#close(hold, "committed");
    else if (hold.dispatched) {
      hold.late = true;
      hold.deadline += LATE_COMMIT_MS;
      this.#deadlines.add(hold);
    } else {
      this.#close(hold, "expired");
      giveBackAll(hold.shares, now);
    }
  }

  #close(hold: Hold, state: "committed" | "refunded" | "expired"): void {
    this.#deadlines.remove(hold);
    this.#holds.delete(hold.id);
    this.#settled.add(hold.id, state);
    for (const share of hold.shares) share.counter.holds--;
  }

  #settledAlready(id: ReservationId): Result<Settlement, never> {
    return ok({ state: this.#settled.get(id) ?? "unknown", exceeded: nothingExceeded });
  }
}

function settleActual(hold: Hold, actual: ReadonlyMap<string, number>, now: number): readonly string[] {
  const exceeded: string[] = [];
  for (const share of hold.shares) {
    const above = (actual.get(share.held.key) ?? share.held.held) - share.held.held;
    if (above > 0) {
      share.counter.charge(share, above, now);
      exceeded.push(share.held.budget);
    } else if (above < 0 && !hold.late) share.counter.giveBack(share, -above, now);
  }
  return exceeded;
}

function giveBackAll(shares: readonly Share[], now: number): void {
  for (const share of shares) share.counter.giveBack(share, share.held.held, now);
}

function unavailable(detail: string): { readonly ok: false; readonly error: BudgetStoreDown } {
  return err({ code: "budget.unavailable", detail });
}
