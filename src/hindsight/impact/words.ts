import type { Decision } from "../../core/decision.ts";
import { failureOf, flipOf, isOfTheMoment, type Rejudged } from "../../gateway/index.ts";

/** What a second bundle would make of a decision. */
export const impactWords = ["same", "changed", "would-deny", "would-allow", "would-ask", "unjudgeable"] as const;
export type ImpactWord = (typeof impactWords)[number];
export type Changed = Exclude<ImpactWord, "same" | "unjudgeable">;

const words = { same: "same", changed: "changed", new_deny: "would-deny", new_allow: "would-allow", new_ask: "would-ask" } as const;

export interface Compared {
  readonly word: ImpactWord;
  /** Of what changes: the rules that make it, each with its code, and why in words. */
  readonly causes: readonly string[];
  readonly after?: Decision;
  /** Of what cannot be judged. */
  readonly why?: string;
}

const none: readonly string[] = [];
const same: Compared = { word: "same", causes: none };

/** Holds what was recorded against what the second bundle says now. */
export function compare(before: Decision, second: Rejudged): Compared {
  if (second.kind === "unjudgeable") return { word: "unjudgeable", causes: none, why: second.why };
  // A denial for want of time says nothing of what the rules would have said.
  if (isOfTheMoment(before)) return { word: "unjudgeable", causes: none, why: "policy gave no answer in time or memory then" };
  const after = second.decision;
  const flip = flipOf(before, after);
  if (flip === "same") return same;
  // The gateway denies where policy gives no answer that can be used.
  if (flip === "failed") return before.effect === "deny" ? same : { word: "would-deny", causes: [`toolgate ${failureOf(after)}`], after };
  const word = words[flip];
  return { word, causes: causesOf(word, before, after), after };
}

function causesOf(word: Changed | "same", before: Decision, after: Decision): readonly string[] {
  switch (word) {
    case "would-deny":
      return denials(after, before);
    case "would-allow":
      return before.effect === "ask"
        ? asks(before).map((text) => `no longer ${text}`)
        : denials(before, after).map((text) => `no longer ${text}`);
    case "would-ask":
      return before.effect === "deny" ? [...asks(after), ...denials(before, after).map((text) => `no longer ${text}`)] : asks(after);
    case "changed":
      return boundBy(before, after);
    case "same":
      return none;
  }
}

/** The reasons that only the one of the two has; a denial without any is that a permit is missing. */
function denials({ reasons }: Decision, other: Decision): readonly string[] {
  const texts = [...new Set(reasons.map(({ rule, code }) => `${rule} ${code}`))];
  const known = new Set(other.reasons.map(({ rule, code }) => `${rule} ${code}`));
  const own = texts.filter((text) => !known.has(text));
  return own.length > 0 ? own : texts.length > 0 ? texts : ["no permit"];
}

function asks({ obligations }: Decision): readonly string[] {
  return [...new Set(obligations.flatMap((one) => (one.type === "approve" ? [`${one.rule} approve:${one.group}`] : [])))];
}

/** Obligations and redactions that only one of the two has. */
function boundBy(before: Decision, after: Decision): readonly string[] {
  const bound = ({ obligations, redactions }: Decision) =>
    new Map<string, string>([
      ...obligations.map((one) => [JSON.stringify(one), `${one.rule} ${one.type}${"name" in one ? `:${one.name}` : ""}`] as const),
      ...redactions.map((one) => [JSON.stringify(one), `${one.rule} redact:${one.path}`] as const),
    ]);
  const [then, now] = [bound(before), bound(after)];
  const added = [...now].flatMap(([key, text]) => (then.has(key) ? [] : [text]));
  const gone = [...then].flatMap(([key, text]) => (now.has(key) || added.includes(text) ? [] : [`no longer ${text}`]));
  return [...new Set([...added, ...gone])];
}
