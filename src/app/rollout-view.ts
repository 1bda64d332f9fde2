import { Gauge, type Registry } from "prom-client";
import type { Parts, Readiness, Rollouts } from "../gateway/index.ts";

/** Why this replica is not where operators want it: it goes on with its last good bundle, so it stays ready. */
export function withRollout(own: Readiness, problem: string | undefined): Readiness {
  const { bundle } = own.parts;
  if (problem === undefined || bundle === undefined) return own;
  return { ...own, parts: { ...own.parts, bundle: { ...bundle, detail: `${bundle.detail}; ${problem}` } } };
}

export function rolloutMetrics(registry: Registry, { generations }: Pick<Parts, "generations">, rollouts: Pick<Rollouts, "problem">): void {
  const registers = [registry];
  new Gauge({
    name: "toolgate_rollout",
    help: "Share of the agents in percent for which the candidate decides; 0 in shadow. Absent where nothing is under way.",
    labelNames: ["mode", "revision"],
    registers,
    collect() {
      this.reset();
      const { candidate } = generations.status();
      if (candidate) this.set({ mode: candidate.mode, revision: candidate.revision }, candidate.percent ?? 0);
    },
  });
  new Gauge({
    name: "toolgate_rollout_behind",
    help: "1 while this replica does not decide as operators want it to.",
    registers,
    collect() {
      this.set(rollouts.problem() === undefined ? 0 : 1);
    },
  });
}
