import { addAmounts } from "./amount.ts";
import { type Bucket, fillAt, leakTime, type Rate, refundable, roomAbove } from "./gcra.ts";
import type { BudgetExhausted, HeldLevel, Level } from "./ledger.ts";
import type { Limit } from "./limit.ts";
import { windowStart } from "./window.ts";

/** What one hold took from one counter. */
export interface Share {
  readonly counter: Counter;
  readonly held: HeldLevel;
  /** The window the amount was taken from, or the time it was held at. Unix milliseconds. */
  readonly mark: number;
}

/** One level's state in memory. */
export interface Counter {
  readonly name: string;
  /** Holds that are not settled. A counter with holds is never dropped: what they still spend must find it. */
  holds: number;
  take(level: Level, limit: Limit, now: number): Share | BudgetExhausted;
  /** Spends `amount` on top of the share, room or not. */
  charge(share: Share, amount: number, now: number): void;
  giveBack(share: Share, amount: number, now: number): void;
  /** Spends without a hold: what the log says was spent before a restart. */
  restore(amount: number, at: number): void;
  /** Whether nothing is left to remember, even for a clock that steps back to `now`. */
  isIdle(now: number): boolean;
}

export function newCounter(name: string, limit: Limit): Counter {
  return limit.rate === undefined ? new FixedCounter(name, limit.windowMs) : new RollingCounter(name, limit.rate);
}

class FixedCounter implements Counter {
  readonly name: string;
  holds = 0;
  readonly #windowMs: number;
  #start = 0;
  /** Spent and held together: a commit of what was held changes nothing. */
  #used = 0;

  constructor(name: string, windowMs: number) {
    this.name = name;
    this.#windowMs = windowMs;
  }

  take(level: Level, _limit: Limit, now: number): Share | BudgetExhausted {
    this.#enter(now);
    const resetsAt = this.#start + this.#windowMs;
    const left = level.limit - this.#used;
    if (level.amount > left) return exhausted(level, Math.max(0, left), level.amount > level.limit ? undefined : resetsAt);
    this.#used += level.amount;
    return { counter: this, held: heldLevel(level, left - level.amount, resetsAt), mark: this.#start };
  }

  charge(share: Share, amount: number): void {
    if (share.mark === this.#start) this.#used = addAmounts(this.#used, amount);
  }

  giveBack(share: Share, amount: number): void {
    if (share.mark === this.#start) this.#used = Math.max(0, this.#used - amount);
  }

  restore(amount: number, at: number): void {
    if (windowStart(at, this.#windowMs) < this.#start) return;
    this.#enter(at);
    this.#used = addAmounts(this.#used, amount);
  }

  isIdle(now: number): boolean {
    return now >= this.#start + this.#windowMs;
  }

  /** A clock that steps back stays in the window it was in; otherwise it would find that window empty again. */
  #enter(now: number): void {
    const start = windowStart(now, this.#windowMs);
    if (start <= this.#start) return;
    this.#start = start;
    this.#used = 0;
  }
}

class RollingCounter implements Counter {
  readonly name: string;
  holds = 0;
  #rate: Rate;
  #bucket: Bucket = { fill: 0, at: 0 };

  constructor(name: string, rate: Rate) {
    this.name = name;
    this.#rate = rate;
  }

  take(level: Level, limit: Limit, now: number): Share | BudgetExhausted {
    // Another bundle may state another burst; what is in the bucket stays.
    const rate = limit.rate ?? this.#rate;
    this.#rate = rate;
    const time = Math.max(now, this.#bucket.at);
    const fill = fillAt(this.#bucket, rate, time);
    const left = roomAbove(fill, rate);
    const wanted = level.amount * rate.unit;
    if (level.amount > left || fill > rate.capacity) {
      const retryAt = wanted > rate.capacity ? undefined : time + leakTime(fill, rate.capacity - wanted, rate);
      return exhausted(level, left, retryAt);
    }
    const filled = fill + wanted;
    this.#bucket = { fill: filled, at: time };
    return { counter: this, held: heldLevel(level, left - level.amount, time + leakTime(filled, 0, rate)), mark: time };
  }

  charge(_share: Share, amount: number, now: number): void {
    this.restore(amount, now);
  }

  giveBack(share: Share, amount: number, now: number): void {
    const time = Math.max(now, this.#bucket.at);
    const fill = fillAt(this.#bucket, this.#rate, time);
    this.#bucket = { fill: Math.max(0, fill - refundable(amount, this.#rate, share.mark, time)), at: time };
  }

  restore(amount: number, at: number): void {
    const time = Math.max(at, this.#bucket.at);
    this.#bucket = { fill: addAmounts(fillAt(this.#bucket, this.#rate, time), amount * this.#rate.unit), at: time };
  }

  isIdle(now: number): boolean {
    return now >= this.#bucket.at && fillAt(this.#bucket, this.#rate, now) === 0;
  }
}

function heldLevel(level: Level, remaining: number, resetsAt: number): HeldLevel {
  return { budget: level.budget, key: level.key, held: level.amount, remaining, resetsAt };
}

function exhausted(level: Level, remaining: number, retryAt: number | undefined): BudgetExhausted {
  const refusal = { code: "budget.exhausted", budget: level.budget, limit: level.limit, remaining, wanted: level.amount } as const;
  return retryAt === undefined ? refusal : { ...refusal, retryAt };
}
