import type { Digest } from "../../core/digest.ts";
import type { ComparisonCounts, OperationsState, ReplicaReport, RollbackRule, RolloutStep, StagedBundle } from "../../core/operations.ts";
import type { Result } from "../../core/result.ts";
import type { BundleRefusal } from "../../parts/bundle/index.ts";
import type { OperationsUnavailable } from "../../parts/operations/index.ts";

/**
 * Moves a line of bundles on. What is wanted stands in the state of operations; each replica prepares what it does not have
 * and follows. A bundle that this gateway would not take by itself is never part of it.
 */
export interface Rollouts {
  /**
   * A bundle that a source brought. Verified and prepared; then promoted, held, or put on its way by the configured plan
   * (section `rollout`, `new_bundles`). The one that is promoted, or under way, already is no news.
   */
  offer(bytes: Uint8Array): Promise<Result<StagedBundle, RolloutRefusal>>;
  /** A bundle that an operator brought: verified, prepared and kept, and nothing more. */
  stage(bytes: Uint8Array): Promise<Result<StagedBundle, RolloutRefusal>>;
  /** Begins a rollout, or takes the one of the same bundle that is under way into these steps. Without a digest: what is under way, staged last, or held. */
  start(wanted: WantedRollout, by: string, ifVersion?: number): Promise<Result<OperationsState, RolloutRefusal>>;
  /** Makes the candidate what everybody decides with; the floor rises. */
  promote(why: string, by: string, ifVersion?: number): Promise<Result<OperationsState, RolloutRefusal>>;
  /** Ends the rollout; the promoted bundle decides for all. */
  rollBack(why: string, by: string, ifVersion?: number): Promise<Result<OperationsState, RolloutRefusal>>;
  status(): Promise<RolloutStatus>;
  /** Why this replica is not where the state says, in one sentence. */
  problem(): string | undefined;
}

export interface WantedRollout {
  readonly digest?: Digest;
  readonly steps: readonly RolloutStep[];
  readonly rollbackIf: readonly RollbackRule[];
  readonly minCalls: number;
  readonly atEnd: "promote" | "wait";
}

export interface RolloutStatus {
  readonly state: OperationsState;
  /** Of the rollout that is under way, or else of the one that ended last; absent where it cannot be read. */
  readonly counts?: ComparisonCounts;
  /** Agents of the promoted catalog for which the candidate decides: how many of all, and at most twenty of them by id. */
  readonly canary?: { readonly agents: number; readonly of: number; readonly named: readonly string[] };
  readonly replicas: readonly ReplicaReport[];
}

export type RolloutRefusal =
  | BundleRefusal
  | OperationsUnavailable
  | {
      /**
       * `rollout.changed`: somebody was faster, `detail` says who and what. `rollout.none`: nothing is under way.
       * `rollout.busy`: another bundle is. `rollout.no_bundle`: none to roll out. `rollout.promoted`: it cannot be taken
       * back any more, only followed by the old content under a higher sequence. `rollout.invalid`: steps that make no sense.
       */
      readonly code: "rollout.changed" | "rollout.none" | "rollout.busy" | "rollout.no_bundle" | "rollout.promoted" | "rollout.invalid";
      readonly detail: string;
    };
