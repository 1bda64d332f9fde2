import type { LogFault } from "../../parts/decisions/index.ts";
import type { Counted } from "../records/index.ts";
import type { BundleLost } from "./opened-bundles.ts";

export type ReplayedKind = "decision" | "list" | "admission";

export interface ReplayCounts {
  /** Decided again: equal or different. */
  readonly replayed: number;
  readonly equal: number;
  readonly different: number;
  /** What cannot be decided again, by why. Never counted as equal. */
  readonly unjudgeable: { readonly count: number; readonly by: readonly Counted[] };
}

export interface Difference {
  readonly place: string;
  readonly id: string;
  readonly time: string;
  readonly what: ReplayedKind;
  readonly target: string;
  /** What differs of the answer. */
  readonly members: readonly string[];
  readonly recorded: unknown;
  readonly again: unknown;
}

/** What came of replaying. */
export interface Replay {
  /** Records looked at. */
  readonly records: number;
  /** Everything that was read and verified, outside the span too; `live`: places whose gateway runs. */
  readonly logs: { readonly logs: number; readonly records: number; readonly live: readonly string[] };
  readonly decisions: ReplayCounts;
  readonly lists: ReplayCounts;
  readonly admissions: ReplayCounts;
  /** Records whose bundle is not there, by bundle. */
  readonly withoutBundle: readonly (BundleLost & { readonly records: number })[];
  /** Records that hold no answer of policy, by kind. */
  readonly otherRecords: readonly Counted[];
  /** The first of them; the counts have all. */
  readonly differences: readonly Difference[];
  readonly faults: readonly (LogFault & { readonly place: string })[];
}

/** Whether everything that could be replayed came out as it was recorded, from logs and bundles that hold. */
export function holds({ decisions, lists, admissions, withoutBundle, faults }: Replay): boolean {
  if (decisions.different + lists.different + admissions.different > 0 || faults.length > 0) return false;
  return withoutBundle.every(({ kind }) => kind === "not_kept");
}
