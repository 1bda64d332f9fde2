import type { IdSource } from "../../core/ids.ts";
import type { ComparisonCounts, Rollout, StagedBundle } from "../../core/operations.ts";
import type { DecisionLog } from "../../parts/decisions/index.ts";
import type { Clock } from "../../platform/clock.ts";
import { rfc3339 } from "../input.ts";

/** What became of a bundle on its way, as its record says it. */
export interface BundleAct {
  readonly effect: "staged" | "held" | "began" | "step" | "promoted" | "rolled_back";
  readonly bundle: StagedBundle;
  /** Who did it; `gateway` where nobody had to. Who staged it stands in the operator's own record. */
  readonly by?: string;
  readonly why?: string;
  /** The rollout as it is from here on, or was until here. */
  readonly rollout?: Rollout;
  readonly counts?: Pick<ComparisonCounts, "compared" | "flips">;
}

export interface RecordingParts {
  readonly log: DecisionLog;
  readonly ids: IdSource;
  readonly clock: Clock;
}

/** Members that are `undefined` stand in no record. Written by the replica on which it was done, once. Not waited for: no answer depends on it, and operators' acts have records of their own. */
export function recordAct({ log, ids, clock }: RecordingParts, { effect, bundle, by, why, rollout, counts }: BundleAct): void {
  const now = clock.now();
  const { name, revision, sequence, digest, signer } = bundle;
  void log.append(
    JSON.stringify({
      kind: "bundle",
      id: ids.decision(now),
      time: rfc3339(now),
      bundle: { name, revision, sequence, digest, signer },
      effect,
      by,
      why,
      rollout: rollout && rolloutOf(rollout),
      counts: counts && { compared: counts.compared, ...counts.flips },
    }),
    "grouped",
  );
}

function rolloutOf({ id, step, steps }: Rollout): Readonly<Record<string, unknown>> {
  const { mode, percent, agents } = steps[step] ?? {};
  return { id, step, mode, percent, agents };
}
