import type { Decision, Inspection, MaskPath, Reason } from "../../core/decision.ts";

import { readObligations } from "./obligations.ts";
import { orderReasons, readReasons } from "./reasons.ts";
import { mergeRedactions, readRedactions } from "./redactions.ts";
import { byText, isPointer, listOf, membersOf, OddAnswer, textOf } from "./shape.ts";
import type { LazyInput } from "./template.ts";

/** A denial that tells nobody that the target exists: policy could not say whether it may be known. */
export const denied = (reason: Reason): Decision => ({
  effect: "deny",
  known: false,
  permits: [],
  reasons: [reason],
  obligations: [],
  redactions: [],
});

/**
 * Reads an answer of `toolgate/decide`. Throws `OddAnswer` for everything that the library does not say, and does not
 * trust the library's arithmetic either: an allow needs a permit, no reason, and obligations that can all be met.
 */
export function readDecision(value: unknown, input: LazyInput): Decision {
  const { effect, known, permits, reasons, obligations } = membersOf(value, "the decision");
  if (effect !== "allow" && effect !== "deny" && effect !== "ask") throw new OddAnswer("the effect is none of allow, deny, ask");
  if (typeof known !== "boolean") throw new OddAnswer("known is no boolean");
  const found = readReasons(reasons, "reasons", input);
  const granted = readPermits(permits);
  const asked = readObligations(obligations, "obligations", input);
  if (effect === "deny") return refused(known, granted, deniedBecause(known, found));
  if (!known || granted.length === 0) throw new OddAnswer(`the effect is "${effect}" without a permit`);
  if (found.length > 0) throw new OddAnswer(`the effect is "${effect}" although there are reasons against it`);
  if (asked.refusals.length > 0) return refused(true, granted, orderReasons(asked.refusals));
  const { obligations: enforced, redactions } = asked;
  // An ask has somebody to ask, and what asks is never an allow.
  if ((effect === "ask") !== enforced.some(({ type }) => type === "approve"))
    throw new OddAnswer(`the effect "${effect}" and what asks contradict`);
  return { effect, known, permits: granted, reasons: [], obligations: enforced, redactions: mergeRedactions(redactions) };
}

const refused = (known: boolean, permits: Decision["permits"], reasons: readonly Reason[]): Decision => ({
  effect: "deny",
  known,
  permits,
  reasons,
  obligations: [],
  redactions: [],
});

/** Whoever may know the target is owed a reason. */
function deniedBecause(known: boolean, found: readonly Reason[]): readonly Reason[] {
  if (known && found.length === 0) throw new OddAnswer("a denial without a reason");
  return found;
}

function readPermits(value: unknown): Decision["permits"] {
  const permits = listOf(value, "permits").map((item) => {
    const members = membersOf(item, "a permit");
    return { rule: textOf(members.rule, "a permit's rule"), id: textOf(members.id, "a permit's id") };
  });
  return permits.sort((a, b) => byText(a.rule, b.rule) || byText(a.id, b.id));
}

/** `{"visible": [index, …]}` as one boolean for each of `count` items. */
export function readVisible(value: unknown, count: number): readonly boolean[] {
  const visible = new Array<boolean>(count).fill(false);
  for (const index of listOf(membersOf(value, "the answer").visible, "visible")) {
    if (typeof index !== "number" || !Number.isInteger(index) || index < 0 || index >= count) throw new OddAnswer("an index names no item");
    visible[index] = true;
  }
  return visible;
}

export function readAdmission(value: unknown, input: LazyInput): readonly Reason[] {
  return readReasons(membersOf(value, "the answer").reasons, "reasons", input);
}

export const withheld = (reason: Reason): Inspection => ({ withheld: [reason], redactions: [] });

export function readInspection(value: unknown, input: LazyInput): Inspection {
  const members = membersOf(value, "the answer");
  const reasons = readReasons(members.withheld, "withheld", input);
  const { redactions, refusals } = readRedactions(members.redactions, "redactions", input);
  return { withheld: orderReasons([...reasons, ...refusals]), redactions };
}

/** Where it is in doubt what must not be recorded, nothing of the input may be. */
export const maskAll: readonly MaskPath[] = [""];

export function readMask(value: unknown): readonly MaskPath[] {
  const paths = listOf(membersOf(value, "the answer").paths, "paths").map((path) => {
    if (!isPointer(path)) throw new OddAnswer("a path is no JSON pointer");
    return path;
  });
  return paths.sort(byText);
}
