import type { Decision } from "../../core/decision.ts";
import type { FlipOf } from "./rejudge.ts";

/** What a decision is bound to besides its effect. */
type Bound = Pick<Decision, "effect" | "obligations" | "redactions">;

const flipTo = { deny: "new_deny", allow: "new_allow", ask: "new_ask" } as const;

export const flipOf: FlipOf = (before, after) => {
  if (failureOf(after) !== undefined) return "failed";
  if (before.effect !== after.effect) return flipTo[after.effect];
  return after.effect === "deny" || boundText(before) === boundText(after) ? "same" : "changed";
};

/** Order says nothing. */
function boundText({ obligations, redactions }: Bound): string {
  const texts = (of: readonly unknown[]) => of.map((one) => JSON.stringify(one)).sort();
  return JSON.stringify([texts(obligations), texts(redactions)]);
}

/** The code of the host where policy gave no answer that can be used. */
export function failureOf({ reasons }: Pick<Decision, "reasons">): string | undefined {
  return reasons.find(({ rule, code }) => rule === "toolgate" && failures.has(code))?.code;
}

const failures: ReadonlySet<string> = new Set([
  "policy.evaluation_failed",
  "policy.builtin_error",
  "policy.missing_builtin",
  "policy.invalid_decision",
  "policy.timeout",
  "policy.overloaded",
]);

/** Whether a decision came of a want of time or memory, which another moment does not have. */
export function isOfTheMoment(decision: Pick<Decision, "reasons">): boolean {
  const code = failureOf(decision);
  return code === "policy.timeout" || code === "policy.overloaded" || code === "policy.evaluation_failed";
}
