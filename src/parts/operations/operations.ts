import type { Digest } from "../../core/digest.ts";
import type { ComparisonCounts, Flip, OperationsState, ReplicaReport } from "../../core/operations.ts";
import type { Result } from "../../core/result.ts";

/** Which line of bundles it is about. */
export interface OperationsKey {
  readonly tenant: string;
  readonly environment: string;
  readonly name: string;
}

/**
 * The shared store cannot be reached, or what is kept cannot be read. Nothing was changed, unless `detail` says that it may
 * have been: then the state tells as soon as it is read again.
 */
export interface OperationsUnavailable {
  readonly code: "gateway.operations_unavailable";
  readonly detail: string;
}

/** The archive of a bundle as it is stored; the limit of the bundle reader. */
export const MOST_BUNDLE_BYTES = 64 * 1024 * 1024;

export function unavailable(detail: string): OperationsUnavailable {
  return { code: "gateway.operations_unavailable", detail };
}

export function bundleTooLarge({ length }: Uint8Array): OperationsUnavailable | undefined {
  return length <= MOST_BUNDLE_BYTES ? undefined : unavailable(`found a bundle of ${length} bytes; at most ${MOST_BUNDLE_BYTES} are kept`);
}

/**
 * Where it is kept what operators decided at run time: rollouts and quarantine of one line of bundles, the same for all
 * replicas and across restarts. Reading costs nothing; changing is all or nothing.
 */
export interface Operations {
  /** The state as this process knows it: what hot paths look at. Never goes back to a lower version. */
  current(): OperationsState;
  /**
   * Milliseconds since the state was last known to be everybody's; 0 where there is only this process. Grows while the
   * shared store is away: a quarantine may exist by then that nobody here has heard of. `Infinity` before the first time.
   */
  staleMs(): number;
  /**
   * Changes the state, durably and for every replica, before it returns. `change` gets the latest state and is called again
   * if another replica was faster, so it must be pure; it returns the next state without `version`, or a refusal, which
   * changes nothing. Listeners here have heard of it when this resolves.
   */
  update<Refusal>(
    change: (state: OperationsState) => Result<Omit<OperationsState, "version">, Refusal>,
  ): Promise<Result<OperationsState, Refusal | OperationsUnavailable>>;
  /** Called with each newer state, whoever changed it; versions rise, and may leave some out that others made. */
  onChange(listener: (state: OperationsState) => void): () => void;
  /** Adds to what a rollout's comparison found. In doubt it is not counted; it is never counted twice. */
  count(rollout: string, found: Counted): Promise<Result<void, OperationsUnavailable>>;
  /** What all replicas found. Nothing yet is all zero. Kept until an hour after the rollout ended. */
  counts(rollout: string): Promise<Result<ComparisonCounts, OperationsUnavailable>>;
  /** Keeps the bytes of a promoted or candidate bundle for replicas that do not have them; at most 64 MiB. */
  saveBundle(digest: Digest, bytes: Uint8Array): Promise<Result<void, OperationsUnavailable>>;
  /** The bytes as they were saved, byte for byte; whether they are worth a trust is for the bundle's signature to say. */
  readBundle(digest: Digest): Promise<Result<Uint8Array | undefined, OperationsUnavailable>>;
  /** Forgets all others. What could not be forgotten is when it is called again. */
  keepBundles(digests: ReadonlySet<Digest>): Promise<void>;
  /** Says how far this replica is; forgotten five seconds later. */
  report(report: Omit<ReplicaReport, "at">): void;
  /** Every replica that reported lately, this one included. */
  replicas(): Promise<Result<readonly ReplicaReport[], OperationsUnavailable>>;
  /** Resolves once the state was read for the first time, or could not be. */
  readonly firstRead: Promise<void>;
  close(): Promise<void>;
}

/** A batch of comparisons. */
export interface Counted {
  readonly flips: Readonly<Partial<Record<Flip, number>>>;
  readonly skipped: number;
  readonly differences: readonly {
    readonly flip: Exclude<Flip, "same">;
    readonly agent: string;
    readonly target: string;
    readonly rule: string;
    readonly count: number;
    /** Decision ids. */
    readonly samples: readonly string[];
  }[];
}
