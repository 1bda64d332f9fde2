import type { JudgedCall } from "../call.ts";
import type { Generation } from "../generation.ts";

/**
 * Asks a second bundle what a first one decided, beside the hot path: in shadow the candidate, in a canary the promoted
 * one. Only counts and decision ids leave it. `note` is called for each judged call and must cost next to nothing: what
 * comes too fast is counted as skipped.
 */
export interface Comparing {
  note(call: JudgedCall): void;
  /** Compares from here on for this rollout; what was noted for another one before is dropped. */
  begin(rollout: string, second: Generation, bytes: Uint8Array, which: (first: Generation) => boolean): void;
  end(): void;
  /** Resolves when everything that was noted before is counted. */
  settled(): Promise<void>;
  close(): Promise<void>;
}
