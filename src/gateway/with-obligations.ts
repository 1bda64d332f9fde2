import type { Decision } from "../core/decision.ts";

/** What an earlier decision asked for holds to the end of what it let through. */
export function withObligationsOf(decision: Decision, earlier: Pick<Decision, "obligations" | "redactions">): Decision {
  const limits = earlier.obligations.filter(({ type }) => type === "limit_result");
  return {
    ...decision,
    obligations: [...limits, ...decision.obligations],
    redactions: [...earlier.redactions, ...decision.redactions],
  };
}
