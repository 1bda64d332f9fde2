import { z } from "zod";
import type { RollbackRule, RolloutStep } from "../../core/operations.ts";
import { parseRollbackRule } from "./rollback-rule.ts";

const seconds = z.int().min(1).max(31_536_000);

const stepSchema = z
  .union(
    [
      z.strictObject({
        shadow: z.strictObject({ for_s: seconds.optional().describe("Seconds that it takes; without it an operator goes on.") }),
      }),
      z.strictObject({
        canary: z.strictObject({
          percent: z.int().min(1).max(100).optional().describe("Share of the agents."),
          agents: z.array(z.string().min(1)).min(1).optional().describe("Agents by catalog id, instead of a share."),
          for_s: seconds.optional().describe("Seconds that it takes; without it an operator goes on."),
        }),
      }),
    ],
    "wanted {shadow: {for_s}} or {canary: {percent, for_s}}",
  )
  .refine((step) => !("canary" in step) || (step.canary.percent === undefined) !== (step.canary.agents === undefined), {
    message: "wanted either percent or agents of a canary",
  });

const rule = z.string().superRefine((text, context) => {
  const parsed = parseRollbackRule(text);
  if (!parsed.ok) context.addIssue({ code: "custom", message: `wanted ${parsed.error}` });
});

const planSchema = z.strictObject({
  steps: z
    .array(stepSchema)
    .min(1)
    .superRefine((steps, context) => {
      for (const [at, step] of steps.slice(0, -1).entries()) {
        if (stepOf(step).forMs === undefined) context.addIssue({ code: "custom", path: [at], message: "wanted for_s: a step follows it" });
      }
    })
    .describe("One after the other, each `{shadow: {for_s}}` or `{canary: {percent or agents, for_s}}`."),
  rollback_if: z
    .array(rule)
    .default(["failures>0"])
    .describe("Rules like `new-denies>20` or `new-denies>2%`; one that holds ends the rollout."),
  min_calls: z
    .int()
    .min(0)
    .default(100)
    .describe("Calls that must be compared in a timed step before it is over, and before a rule in percent counts."),
  at_end: z.enum(["promote", "wait"]).default("wait").describe("What follows the last step."),
});

/** Section `rollout` of the configuration: what becomes of a bundle that a source brings. */
export const rolloutConfig = z
  .strictObject({
    new_bundles: z
      .enum(["promote", "hold", "plan"])
      .default("promote")
      .describe("`promote` at once, `hold` for an operator, or go by `plan`. The very first bundle is always promoted."),
    compared_per_second: z
      .int()
      .min(1)
      .max(100_000)
      .default(500)
      .describe(
        "Calls that one process compares in a shadow or canary; what comes faster is counted as skipped, so that callers do not wait.",
      ),
    plan: planSchema.optional().describe("How a new bundle is rolled out (`new_bundles: plan`)."),
  })
  .refine(({ new_bundles, plan }) => (new_bundles === "plan") === (plan !== undefined), {
    path: ["plan"],
    message: "wanted a plan exactly where new_bundles is plan",
  });
export type RolloutConfig = z.output<typeof rolloutConfig>;

/** How a rollout goes on. */
export interface Plan {
  readonly steps: readonly RolloutStep[];
  readonly rollbackIf: readonly RollbackRule[];
  readonly minCalls: number;
  readonly atEnd: "promote" | "wait";
}

export function planOf({ plan }: RolloutConfig): Plan | undefined {
  if (plan === undefined) return undefined;
  return {
    steps: plan.steps.map(stepOf),
    rollbackIf: plan.rollback_if.flatMap((text) => {
      const parsed = parseRollbackRule(text);
      return parsed.ok ? [parsed.value] : [];
    }),
    minCalls: plan.min_calls,
    atEnd: plan.at_end,
  };
}

function stepOf(step: z.output<typeof stepSchema>): RolloutStep {
  if ("shadow" in step) return { mode: "shadow", ...forMs(step.shadow.for_s) };
  const { percent, agents, for_s } = step.canary;
  const share = agents === undefined ? { percent: percent ?? 0 } : { agents };
  return { mode: "canary", ...share, ...forMs(for_s) };
}

function forMs(seconds: number | undefined): { readonly forMs?: number } {
  return seconds === undefined ? {} : { forMs: seconds * 1000 };
}
