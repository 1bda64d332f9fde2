import type { Reason } from "../../core/decision.ts";

/** Why policy gave no answer that can be used. */
export interface PolicyFailure {
  readonly code: FailureCode;
  /** For the operational log. Never shown to a caller: it may hold words of the policy or of the input. */
  readonly detail: string;
}

export type FailureCode =
  | "policy.evaluation_failed"
  | "policy.builtin_error"
  | "policy.missing_builtin"
  | "policy.invalid_decision"
  | "policy.timeout"
  | "policy.overloaded";

/** The rule of everything that the host itself says. */
export const HOST_RULE = "toolgate";

export const hostReason = (code: string, message?: string): Reason =>
  message === undefined ? { code, rule: HOST_RULE } : { code, rule: HOST_RULE, message };

/** Why a bundle's policy cannot be used at all. */
export interface PolicyUnusable {
  readonly code: "policy.missing_builtin" | "policy.missing_entrypoint" | "policy.invalid_module" | "policy.invalid_data";
  /** What was found and what was wanted, in one sentence. */
  readonly detail: string;
}
