import type { Level } from "../parts/budgets/index.ts";
import type { Generation } from "./generation.ts";

/** What a record of the log says about a reservation. Everything else in it is of no interest here. */
type LogRecord = Readonly<Record<string, unknown>>;

export interface SpentAt {
  readonly levels: readonly Level[];
  /** Unix milliseconds. */
  readonly at: number;
}

/**
 * What budgets were spent according to the log, oldest first, so that a restart without a shared store gives nobody a fresh
 * budget. An intent without an outcome is charged: the server may have acted. A budget that the bundle no longer defines
 * is left out; one whose limit changed is held against its new limit.
 */
export async function spendOf(records: AsyncIterable<LogRecord>, generation: Generation, now: number): Promise<readonly SpentAt[]> {
  const since = now - longestWindowMs(generation);
  const spent = new Map<string, SpentAt>();
  for await (const record of records) {
    const at = Date.parse(String(record.kind === "outcome" ? record.intent_time : record.time));
    if (!(at >= since)) continue;
    // What a question costs is spent when it is asked; no outcome follows.
    if (record.kind === "intent" || record.kind === "question") {
      const levels = levelsOf(record.reservation, generation);
      if (levels.length > 0) spent.set(String(record.id), { levels, at });
    }
    if (record.kind === "outcome" && stateOf(record.reservation) === "refunded") spent.delete(String(record.id));
  }
  return [...spent.values()];
}

function longestWindowMs(generation: Generation): number {
  return Math.max(0, ...[...generation.catalog.budgets.values()].map((budget) => budget.window.seconds * 1000));
}

function levelsOf(reservation: unknown, generation: Generation): readonly Level[] {
  if (!isObject(reservation) || !Array.isArray(reservation.levels)) return [];
  return reservation.levels.flatMap((held: unknown) => {
    if (!isObject(held)) return [];
    const budget = generation.catalog.budgets.get(String(held.budget));
    if (!budget || typeof held.key !== "string" || typeof held.held !== "number") return [];
    return [{ budget: budget.name, key: held.key, limit: budget.limit, window: budget.window, amount: held.held }];
  });
}

function stateOf(reservation: unknown): unknown {
  return isObject(reservation) ? reservation.state : undefined;
}

function isObject(value: unknown): value is LogRecord {
  return typeof value === "object" && value !== null;
}
