import { z } from "zod";
import { type ComparisonCounts, type Difference, type Flip, flips, type OperationsState } from "../../core/operations.ts";
import type { Counted } from "./operations.ts";

/** What more arises where there are this many is counted in `flips` only. */
export const MOST_DIFFERENCES = 100;
export const MOST_SAMPLES = 3;
export const KEPT_AFTER_END_MS = 60 * 60 * 1000;

/** What was counted for one rollout. */
export interface Tally {
  readonly flips: Record<Flip, number>;
  skipped: number;
  readonly differences: Difference[];
  /** When something was added last. */
  at: number;
}

const count = z.int().min(0);
const differenceSchema = z.strictObject({
  flip: z.enum(flips).exclude(["same"]),
  agent: z.string(),
  target: z.string(),
  rule: z.string(),
  count,
  samples: z.array(z.string()).max(MOST_SAMPLES),
});

export const tallySchema: z.ZodType<Tally> = z.strictObject({
  flips: z.record(z.enum(flips), count),
  skipped: count,
  differences: z.array(differenceSchema).max(MOST_DIFFERENCES),
  at: z.number().min(0),
});

/** Decision ids as they stand in the log; whatever else was given as a sample names no record. */
export function latestSamples(samples: readonly string[]): readonly string[] {
  return samples.filter((id) => /^[A-Za-z0-9_-]{1,64}$/.test(id)).slice(-MOST_SAMPLES);
}

/** Where a difference arose. Two with the same place are one. */
export function placeOf({ flip, agent, target, rule }: Pick<Difference, "flip" | "agent" | "target" | "rule">): string {
  return JSON.stringify([flip, agent, target, rule]);
}

/** Throws for a number that no store could add: half a batch must not be counted. */
export function assertWhole(found: Counted): void {
  for (const number of [found.skipped, ...Object.values(found.flips), ...found.differences.map(({ count }) => count)]) {
    if (!Number.isSafeInteger(number) || number < 0) throw new RangeError(`"${number}" is no count`);
  }
}

export function addTo(tally: Tally, found: Counted, now: number): void {
  assertWhole(found);
  for (const flip of flips) tally.flips[flip] += found.flips[flip] ?? 0;
  tally.skipped += found.skipped;
  tally.at = now;
  const places = new Map(tally.differences.map((difference, index) => [placeOf(difference), index]));
  for (const { flip, agent, target, rule, count, samples } of found.differences) {
    const place = placeOf({ flip, agent, target, rule });
    const index = places.get(place) ?? tally.differences.length;
    const before = tally.differences[index];
    if (before === undefined && index >= MOST_DIFFERENCES) continue;
    places.set(place, index);
    const latest = latestSamples([...(before?.samples ?? []), ...samples]);
    tally.differences[index] = { flip, agent, target, rule, count: (before?.count ?? 0) + count, samples: latest };
  }
}

export function noTally(): Tally {
  return { flips: { same: 0, changed: 0, new_deny: 0, new_allow: 0, new_ask: 0, failed: 0 }, skipped: 0, differences: [], at: 0 };
}

export function countsOf(tally: Tally): ComparisonCounts {
  return {
    compared: flips.reduce((sum, flip) => sum + tally.flips[flip], 0),
    flips: { ...tally.flips },
    skipped: tally.skipped,
    differences: tally.differences.toSorted((one, other) => other.count - one.count || (placeOf(one) < placeOf(other) ? -1 : 1)),
  };
}

/** The counts of one process. */
export class Tallies {
  readonly #tallies: Map<string, Tally>;

  constructor(start: Readonly<Record<string, Tally>> = {}) {
    this.#tallies = new Map(Object.entries(start));
  }

  add(rollout: string, found: Counted, now: number): void {
    const tally = this.#tallies.get(rollout) ?? noTally();
    addTo(tally, found, now);
    this.#tallies.set(rollout, tally);
  }

  counts(rollout: string): ComparisonCounts {
    return countsOf(this.#tallies.get(rollout) ?? noTally());
  }

  /** Drops what belongs to a rollout that ended, or was counted last, more than an hour ago. */
  forget(state: OperationsState, now: number): void {
    for (const [id, tally] of this.#tallies) {
      if (id === state.rollout?.id) continue;
      const end = state.ended.find((ended) => ended.id === id)?.at ?? tally.at;
      if (now - end >= KEPT_AFTER_END_MS) this.#tallies.delete(id);
    }
  }

  all(): Readonly<Record<string, Tally>> {
    return Object.fromEntries(this.#tallies);
  }
}
