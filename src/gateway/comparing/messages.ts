import type { DecisionId } from "../../core/ids.ts";
import type { Flip } from "../../core/operations.ts";
import type { VerifiedBundle } from "../../parts/bundle/index.ts";
import type { PolicyLimits } from "../../parts/policy/index.ts";

/** What the thread is started with. */
export interface ThreadData {
  readonly bundle: VerifiedBundle;
  readonly limits: PolicyLimits;
  readonly candidate: "first" | "second";
}

/** One call that the first generation decided. */
export interface Noted {
  readonly id: DecisionId;
  readonly inputText: string;
  /** Arguments that the first bundle's schema refused, which stand in no input; the second one may take them. */
  readonly refusedArgs: string | undefined;
  readonly argsDigest: string | undefined;
  readonly target: string;
  /** A server's id, or `aggregate`. */
  readonly door: string;
  /** `"tenant":…,"principal":{…}` of its record. */
  readonly recordText: string;
  /** The decision as its record has it: a text costs less to hand over than an object. */
  readonly decisionText: string;
}

/** A difference, or a call whose second decision could not be had. */
export interface FoundFlip {
  readonly id: DecisionId;
  readonly flip: Exclude<Flip, "same">;
  readonly agent: string;
  readonly target: string;
  readonly rule: string;
}

export type FromThread =
  | { readonly kind: "ready" }
  /** The bundle cannot be asked at all. */
  | { readonly kind: "unusable"; readonly detail: string }
  | ({ readonly kind: "compared" } & Compared);

export interface Compared {
  readonly same: number;
  readonly found: readonly FoundFlip[];
  /** Calls about which the second bundle could not be asked, through no fault of the candidate. */
  readonly skipped: number;
}
