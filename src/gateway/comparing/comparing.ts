import type { JudgedCall } from "../call.ts";
import type { Generation } from "../generation.ts";

/**
 * Asks a second bundle what a first one decided, beside the hot path: in shadow the candidate, in a canary the promoted
 * one. Only counts and decision ids leave it. `note` is called for each judged call and costs next to nothing: what comes
 * too fast is counted as skipped.
 */
export interface Comparing {
  note(call: JudgedCall): void;
  /** Compares from here on for this rollout; what was noted for another one and is not judged yet is dropped. */
  begin(pair: ComparedPair): void;
  /** Nothing is compared any more. Safe to call when nothing was. */
  end(): void;
  /** Resolves when everything that was noted before is counted. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

export interface ComparedPair {
  readonly rollout: string;
  /** Calls that this generation decides are compared, no others. */
  readonly first: Generation;
  /** What is asked about them. */
  readonly second: Generation;
  /** Which of the two is the candidate: differences are told as from the promoted bundle to it. */
  readonly candidate: "first" | "second";
}
