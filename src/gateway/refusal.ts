import type { Reason } from "../core/decision.ts";
import { isReasonCode, type ReasonCode, reasons, sentenceOf } from "../core/reasons.ts";

/** A reason with its sentence filled in, safe to show to the caller. */
export type ToldReason = Reason & { readonly message: string };

/** A reason of the gateway itself. */
export function hostReason(code: ReasonCode, facts: Readonly<Record<string, string | number | undefined>> = {}): ToldReason {
  return { code, rule: "toolgate", message: sentenceOf(code, facts), remedy: reasons[code].remedy };
}

/** Fills in what policy left out: our codes have sentences of their own, an author's code without a message gets a neutral one. */
export function told(reason: Reason): ToldReason {
  if (reason.message !== undefined) return { ...reason, message: reason.message };
  if (isReasonCode(reason.code))
    return { ...reason, message: sentenceOf(reason.code), remedy: reason.remedy ?? reasons[reason.code].remedy };
  return { ...reason, message: `Refused by policy (${reason.code}).` };
}
