import { didYouMean } from "../../core/mistakes.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { tellTargets } from "../words/index.ts";
import type { Aspect } from "./aspects.ts";
import type { PolicyDiff } from "./policy-diff.ts";

/** What a pull request must not do unseen. */
export interface FailOn {
  readonly word: FailWord;
  /** Only where a target has one of these effects; empty for any target. */
  readonly effects: readonly string[];
}

/** Words for `--fail-on`, with what each of them is met by. */
const words = {
  gain: ["gain"],
  loss: ["loss"],
  "approval-removed": ["approval-removed"],
  "approval-added": ["approval-added"],
  "budget-raised": ["budget-lifted"],
  "limit-raised": ["limit-raised"],
  "fewer-conditions": ["fewer-conditions"],
  "may-open": ["may-open"],
  known: ["known"],
  "risk-lowered": [],
} as const satisfies Readonly<Record<string, readonly Aspect[]>>;

export type FailWord = keyof typeof words;
export const failWords = Object.keys(words) as readonly FailWord[];
const effectNames = ["read", "write", "delete", "execute", "send", "pay"];

/** Reads `gain`, `gain:pay`, `gain:delete,write`; or says what is wrong with it in one sentence. */
export function readFailOn(text: string): Result<FailOn, string> {
  const [word = "", list, more] = text.split(":");
  const known = failWords.find((one) => one === word);
  if (known === undefined) return err(`"${word}" is not one of ${failWords.join(", ")}${hint(word, failWords)}`);
  if (list === undefined) return ok({ word: known, effects: [] });
  if (more !== undefined) return err(`"${text}" has two colons; wanted ${known}:effect,effect`);
  const effects = list.split(",");
  const wrong = effects.find((effect) => !effectNames.includes(effect));
  if (wrong !== undefined) return err(`"${wrong}" is not one of the effects ${effectNames.join(", ")}${hint(wrong, effectNames)}`);
  return ok({ word: known, effects });
}

function hint(word: string, known: readonly string[]): string {
  const remedy = didYouMean(word, known);
  return remedy === undefined ? "" : `; ${remedy}`;
}

/** What of a change meets the word, each in one sentence; nothing if it does not. */
export function metBy(diff: PolicyDiff, { word, effects }: FailOn): readonly string[] {
  const concerns = (own: readonly string[]) => effects.length === 0 || own.some((effect) => effects.includes(effect));
  const aspects: readonly Aspect[] = words[word];
  const told = diff.changes
    .filter(({ aspect }) => aspects.includes(aspect))
    .flatMap(({ blocks, detail }) =>
      blocks.flatMap(({ callersText, targets }) => {
        const own = targets.filter((target) => concerns(diff.effectsOf(target)));
        return own.length === 0 ? [] : [`${callersText.join("; ")}: ${tellTargets(own, diff.targets.all)}: ${detail}`];
      }),
    );
  const holdings = diff.holdings.filter((one) => {
    // A budget belongs to no effect: what is raised may be spent on any.
    if (word === "budget-raised") return one.raised === true;
    return word === "risk-lowered" && one.riskLowered === true && concerns(one.effects ?? []);
  });
  return [...told, ...holdings.map(({ kind, id, details }) => `${kind} ${id}: ${details.join(", ")}`)];
}
