import type { Digest } from "../../core/digest.ts";
import { ok, type Result } from "../../core/result.ts";
import type { BundleIdentity, BundleRefusal } from "./bundle.ts";
import { refuse } from "./refuse.ts";

/** One line of bundles: each has its own floor. */
export interface FloorKey {
  readonly name: string;
  readonly tenant: string;
  readonly environment: string;
}

export interface Floor {
  readonly sequence: number;
  readonly digest: Digest;
}

/** How far a line of bundles has come, so that an old signed bundle cannot be played back. */
export interface SequenceFloor {
  /** The floor, or undefined if nothing was promoted yet. Throws if what is kept cannot be read: no floor is not the same as a lost one. */
  read(key: FloorKey): Promise<Floor | undefined>;
  /**
   * Moves the floor up, durably before it returns. Called on promote only. The same floor again changes nothing; throws
   * for a lower sequence or the same one with another digest, which `checkSequence` would have refused.
   */
  raise(key: FloorKey, floor: Floor): Promise<void>;
}

/** Whether a bundle may follow on what was promoted. `minSequence` is the configured floor; the higher one wins. */
export function checkSequence(
  floor: Floor | undefined,
  identity: Pick<BundleIdentity, "sequence" | "digest">,
  minSequence = 0,
): Result<void, BundleRefusal> {
  const least = Math.max(floor?.sequence ?? 0, minSequence);
  if (identity.sequence < least) return refuse("bundle.older_sequence", `found sequence ${identity.sequence}, wanted ${least} or higher`);
  if (floor !== undefined && identity.sequence === floor.sequence && identity.digest !== floor.digest) {
    const detail = `found sequence ${identity.sequence} with ${identity.digest}, which was promoted with ${floor.digest}; raise the sequence`;
    return refuse("bundle.same_sequence_other_content", detail);
  }
  return ok(undefined);
}

/** What `raise` does with the floor that is kept: whether there is something to write. */
export function mustWrite(kept: Floor | undefined, next: Floor): boolean {
  if (kept?.sequence === next.sequence && kept.digest === next.digest) return false;
  const allowed = checkSequence(kept, next);
  if (!allowed.ok) throw new RangeError(`the floor cannot move: ${allowed.error.detail}`);
  return true;
}

/** Names cannot hold a slash, so the key is unambiguous. */
export function floorId(key: FloorKey): string {
  return `${key.tenant}/${key.environment}/${key.name}`;
}
