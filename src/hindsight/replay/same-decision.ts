import type { Decision, Reason } from "../../core/decision.ts";

const members = ["effect", "known", "permits", "reasons", "obligations", "redactions"] as const;

/** Where two decisions differ. Of reasons code and rule count, not their words; order says nothing. */
export function differingMembers(recorded: Decision, again: Decision): readonly string[] {
  return members.filter((member) => textOf(recorded, member) !== textOf(again, member));
}

function textOf(decision: Decision, member: (typeof members)[number]): string {
  if (member === "effect" || member === "known") return String(decision[member]);
  if (member === "reasons") return reasonsKey(decision.reasons);
  return listKey(decision[member], JSON.stringify);
}

export function reasonsKey(reasons: readonly Reason[]): string {
  return listKey(reasons, ({ rule, code }) => `${rule} ${code}`);
}

function listKey<T>(list: readonly T[], keyOf: (one: T) => string): string {
  if (list.length === 0) return "";
  return list.length === 1
    ? list.map((one) => keyOf(one)).join()
    : list
        .map((one) => keyOf(one))
        .sort()
        .join("\n");
}
