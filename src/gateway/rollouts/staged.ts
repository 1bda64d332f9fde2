import type { Digest } from "../../core/digest.ts";
import type { ComparisonCounts, Rollout, StagedBundle } from "../../core/operations.ts";

export function digestsOf(bundles: readonly (Pick<StagedBundle, "digest"> | undefined)[]): ReadonlySet<Digest> {
  return new Set(bundles.flatMap((bundle) => bundle?.digest ?? []));
}

export function countsOf({ compared, flips }: ComparisonCounts): NonNullable<Rollout["before"]> {
  return { compared, flips };
}
