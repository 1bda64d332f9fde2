import type { ComparisonCounts, RollbackRule, Rollout } from "../../core/operations.ts";
import { rollbackRuleText } from "./rollback-rule.ts";

/** What follows for a rollout by itself. */
export type Next =
  | { readonly act: "nothing" }
  | { readonly act: "step" }
  | { readonly act: "promote"; readonly why: string }
  | { readonly act: "roll_back"; readonly why: string };

type Counts = Pick<ComparisonCounts, "compared" | "flips">;

const nothing: Next = { act: "nothing" };

/**
 * Pure. A rule in calls counts everything since the rollout began; a rule in percent, and whether a step is over, only what
 * came since the step began, and not before enough of it was compared: a canary that nobody used proves nothing.
 */
export function next(rollout: Rollout, counts: Counts, now: number): Next {
  const compared = counts.compared - (rollout.before?.compared ?? 0);
  const broken = rollout.rollbackIf.find((rule) => isBroken(rule, rollout, counts, compared));
  if (broken) return { act: "roll_back", why: `${rollbackRuleText(broken)}: ${foundText(broken, rollout, counts, compared)}` };
  const { forMs } = rollout.steps[rollout.step] ?? {};
  if (forMs === undefined || now < rollout.stepAt + forMs || compared < rollout.minCalls) return nothing;
  if (rollout.step + 1 < rollout.steps.length) return { act: "step" };
  return rollout.atEnd === "promote" ? { act: "promote", why: `every step is over; ${compared} calls were compared in the last` } : nothing;
}

function isBroken({ measure, above, unit }: RollbackRule, rollout: Rollout, counts: Counts, compared: number): boolean {
  if (unit === "calls") return counts.flips[measure] > above;
  return compared > 0 && compared >= rollout.minCalls && since(rollout, counts, measure) * 100 > above * compared;
}

function foundText({ measure, unit }: RollbackRule, rollout: Rollout, counts: Counts, compared: number): string {
  return unit === "calls" ? `${counts.flips[measure]} so far` : `${since(rollout, counts, measure)} of ${compared} calls`;
}

function since({ before }: Rollout, counts: Counts, measure: RollbackRule["measure"]): number {
  return counts.flips[measure] - (before?.flips[measure] ?? 0);
}
