import type { Decision } from "../../core/decision.ts";
import type { ReasonCode } from "../../core/reasons.ts";
import { hostReason } from "../refusal.ts";

/** What the catalog alone refuses, so that policy is not asked: the caller may know of nothing. */
export function turnedAway(code: ReasonCode): Decision {
  return { effect: "deny", known: false, permits: [], reasons: [hostReason(code)], obligations: [], redactions: [] };
}

/** A decision that what the gateway checks besides policy denies too. Its own reasons come first. */
export function alsoDenied(decision: Decision, code: ReasonCode, facts: Readonly<Record<string, string>> = {}): Decision {
  if (!decision.known) return decision;
  return { ...decision, effect: "deny", reasons: [...decision.reasons, hostReason(code, facts)], obligations: [] };
}
