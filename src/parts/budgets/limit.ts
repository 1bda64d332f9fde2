import { isAmount } from "./amount.ts";
import { type Rate, rateOf } from "./gcra.ts";
import type { Level, Window } from "./ledger.ts";

const LONGEST_WINDOW_S = 366 * 86_400;

/** What is wrong with a limit as the bundle states it, or `undefined`. For the build and for activation. */
export function limitMistake(limit: number, window: Window): string | undefined {
  if (!isAmount(limit)) return `limit "${limit}" is not a whole number from 0 to 2^53-1`;
  if (!Number.isSafeInteger(window.seconds) || window.seconds < 1 || window.seconds > LONGEST_WINDOW_S) {
    return `window of "${window.seconds}" seconds is not a whole number from 1 to ${LONGEST_WINDOW_S}`;
  }
  if (window.kind === "fixed") return undefined;
  if (limit < 1) return `a rolling limit must be at least 1; found "${limit}"`;
  const burst = window.burst ?? limit;
  if (!Number.isSafeInteger(burst) || burst < 1) return `burst "${burst}" is not a whole number from 1 to 2^53-1`;
  if (!Number.isSafeInteger(rateOf(limit, window.seconds * 1000, burst).capacity)) {
    return `a rolling limit of "${limit}" in ${window.seconds} seconds cannot be counted exactly: round it, or use a fixed window`;
  }
  return undefined;
}

/** A limit that was checked, with what both ledgers derive from it. */
export interface Limit {
  readonly limit: number;
  readonly windowMs: number;
  /** Only for rolling windows. */
  readonly rate?: Rate;
  /**
   * Ends the name of the counter, so that another shape of window counts anew beside the old one. A fixed window keeps
   * its count when the limit changes; a rolling one is scaled by its limit and begins empty.
   */
  readonly suffix: string;
}

// Windows are objects of a bundle and live as long as it does: deriving a rate costs more than the rest of a hold.
const checked = new WeakMap<Window, Limit>();

/** Throws a RangeError for a limit that no bundle check should have let through. */
export function limitOf(level: Level): Limit {
  const known = checked.get(level.window);
  if (known !== undefined && known.limit === level.limit) return known;
  const mistake = limitMistake(level.limit, level.window);
  if (mistake !== undefined) throw new RangeError(`budget "${level.budget}": ${mistake}`);
  const limit = derive(level.limit, level.window);
  checked.set(level.window, limit);
  return limit;
}

function derive(limit: number, window: Window): Limit {
  const windowMs = window.seconds * 1000;
  if (window.kind === "fixed") return { limit, windowMs, suffix: `|f${window.seconds}` };
  return { limit, windowMs, rate: rateOf(limit, windowMs, window.burst ?? limit), suffix: `|r${limit}/${window.seconds}` };
}

/**
 * Throws a RangeError for amounts and limits that cannot be counted and for a counter named twice. Failing here refuses the call;
 * counting on with NaN or a negative amount would open the budget for everybody.
 */
export function assertLevels(levels: readonly Level[]): void {
  for (let index = 0; index < levels.length; index++) {
    const level = levels[index];
    if (level === undefined) continue;
    if (!isAmount(level.amount)) throw new RangeError(`budget "${level.budget}": amount "${level.amount}" is not countable`);
    limitOf(level);
    for (let other = 0; other < index; other++) {
      if (levels[other]?.key === level.key) throw new RangeError(`budget "${level.budget}": key "${level.key}" is named twice`);
    }
  }
}

export function assertActual(actual: ReadonlyMap<string, number> | undefined): void {
  if (actual === undefined) return;
  for (const [key, amount] of actual) {
    if (!isAmount(amount)) throw new RangeError(`actual amount "${amount}" of "${key}" is not countable`);
  }
}
