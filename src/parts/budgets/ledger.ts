import type { ReservationId } from "../../core/ids.ts";
import type { Result } from "../../core/result.ts";

/** One counter that a call draws on. Amounts are integers in the budget's own unit. */
export interface Level {
  /** The budget's name, for messages and records. */
  readonly budget: string;
  /** Tenant, budget name and the values of its dimensions, already escaped; unique per counter. */
  readonly key: string;
  readonly limit: number;
  readonly window: Window;
  readonly amount: number;
}

export type Window =
  /** Whole windows counted from the Unix epoch. */
  | { readonly kind: "fixed"; readonly seconds: number }
  /** GCRA: `limit` per `seconds`, at most `burst` (default: limit) at once. */
  | { readonly kind: "rolling"; readonly seconds: number; readonly burst?: number };

export interface Reservation {
  readonly id: ReservationId;
  readonly levels: readonly HeldLevel[];
}

export interface HeldLevel {
  readonly budget: string;
  readonly key: string;
  readonly held: number;
  /** What is left after this hold. */
  readonly remaining: number;
  /** Unix milliseconds. */
  readonly resetsAt: number;
}

export interface BudgetExhausted {
  readonly code: "budget.exhausted";
  readonly budget: string;
  readonly limit: number;
  readonly remaining: number;
  readonly wanted: number;
  /** Unix milliseconds at which the same amount could be held, if nobody else draws. `undefined`: more than the limit, never. */
  readonly retryAt?: number;
}

export interface BudgetStoreDown {
  readonly code: "budget.unavailable";
  readonly detail: string;
}

export interface Settlement {
  readonly state: "committed" | "refunded" | "expired" | "unknown";
  /** Budgets whose actual amount was above what was held; they are spent all the same. */
  readonly exceeded: readonly string[];
}

export interface ReserveOptions {
  /**
   * Marks the hold dispatched in the same act, which saves a round trip. Whoever does not dispatch then must refund: a
   * process that dies in between has spent what it held.
   */
  readonly dispatched?: boolean;
}

/**
 * Where spend is held. All times are Unix milliseconds.
 * Throws a RangeError for amounts and limits that cannot be counted, and for nothing else.
 */
export interface Ledger {
  /**
   * Holds every amount or none of them. The same `id` again returns the first answer and holds nothing more; a refusal
   * is not remembered. A hold expires to a refund at `deadline`, unless it was marked dispatched: then to a commit.
   */
  reserve(
    id: ReservationId,
    levels: readonly Level[],
    now: number,
    deadline: number,
    options?: ReserveOptions,
  ): Promise<Result<Reservation, BudgetExhausted | BudgetStoreDown>>;
  /** From here on the server may have acted: an expiry commits. A hold that is no longer open is `budget.unavailable`. */
  dispatched(id: ReservationId, now: number): Promise<Result<void, BudgetStoreDown>>;
  /**
   * Spends what was held, or `actual` per budget key. What exceeds the hold is spent and reported, never lost, also
   * within a minute after a dispatched hold expired; what is below it is given back, but not after that expiry.
   */
  commit(id: ReservationId, now: number, actual?: ReadonlyMap<string, number>): Promise<Result<Settlement, BudgetStoreDown>>;
  /** Gives back what was held. A reservation that is settled already stays as it is. */
  refund(id: ReservationId, now: number): Promise<Result<Settlement, BudgetStoreDown>>;
  close(): Promise<void>;
}
