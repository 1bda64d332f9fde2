import type { LogFault } from "../../parts/decisions/index.ts";
import type { Counted } from "../records/index.ts";
import type { Changed, ImpactWord } from "./words.ts";

export type WordCounts = Readonly<Record<ImpactWord, number>>;

export interface ImpactRow {
  /** Id of an agent or of a target. */
  readonly what: string;
  readonly counts: WordCounts;
}

/** One decision that would have been another. */
export interface Sample {
  readonly word: Changed;
  readonly id: string;
  readonly time: string;
  readonly agent: string;
  readonly user?: string;
  readonly target: string;
  /** Effect and codes, as `allow` or `deny refunds.too_much`. */
  readonly before: string;
  readonly after: string;
  readonly causes: readonly string[];
  /** What the caller would have been told. */
  readonly message?: string;
}

/** What recorded traffic would have met under another bundle. */
export interface Impact {
  /** Decisions of policy in the span: the sum of all counts. */
  readonly decisions: number;
  readonly from?: string;
  readonly to?: string;
  readonly logs: { readonly logs: number; readonly records: number; readonly live: readonly string[] };
  readonly counts: WordCounts;
  /** With a change or something that cannot be judged first, the most of it first. */
  readonly byAgent: readonly ImpactRow[];
  readonly byTarget: readonly ImpactRow[];
  /** Causes of changes, `rule code` each; a call may have several. */
  readonly byRule: readonly { readonly word: Changed; readonly rule: string; readonly count: number }[];
  readonly samples: readonly Sample[];
  /** What cannot be judged, by why. */
  readonly unjudgeable: readonly Counted[];
  /** Requests that were turned away before policy was asked, by reason code: what another bundle makes of them is not on record. */
  readonly turnedAway: readonly Counted[];
  /** Lists and admissions, which are not compared. */
  readonly notCompared: readonly Counted[];
  readonly faults: readonly (LogFault & { readonly place: string })[];
}
