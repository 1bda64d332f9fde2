import type { Flip } from "../../core/operations.ts";
import { type Counted, MOST_SAMPLES, placeOf } from "../../parts/operations/index.ts";
import type { FoundFlip } from "./messages.ts";

/** Puts what one batch found into the form that is counted over all replicas: alike differences are one entry. */
export function countedOf(same: number, found: readonly FoundFlip[], skipped: number): Counted {
  const flips: Partial<Record<Flip, number>> = same > 0 ? { same } : {};
  const differences = new Map<string, { readonly first: FoundFlip; count: number; readonly samples: string[] }>();
  for (const one of found) {
    flips[one.flip] = (flips[one.flip] ?? 0) + 1;
    const key = placeOf(one);
    const known = differences.get(key) ?? { first: one, count: 0, samples: [] };
    known.count += 1;
    // The latest ones: a decision that was made a moment ago is still on everybody's disk.
    known.samples.push(one.id);
    if (known.samples.length > MOST_SAMPLES) known.samples.shift();
    differences.set(key, known);
  }
  return {
    flips,
    skipped,
    differences: [...differences.values()].map(({ first: { flip, agent, target, rule }, count, samples }) => ({
      flip,
      agent,
      target,
      rule,
      count,
      samples,
    })),
  };
}
