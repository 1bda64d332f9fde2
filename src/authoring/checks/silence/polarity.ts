import { ruleNames } from "../../../parts/catalog/index.ts";
import { type AuthorModules, callAt, childrenOf, isTerm, namesOf, type Site, sitesOf } from "../../rego/index.ts";

/** What becomes of a decision where a rule holds: more is refused or asked for, or more is let through. */
export type Effect = "tightens" | "loosens";

const opposite: Readonly<Record<Effect, Effect>> = { tightens: "loosens", loosens: "tightens" };

/**
 * For each rule and function that the seven reach, what it does where it holds. `not` before a bare rule or a call of a
 * function turns it round; where its value is used in any other way it may do both.
 */
export function effectsOf(own: AuthorModules): ReadonlyMap<string, ReadonlySet<Effect>> {
  const effects = new Map<string, Set<Effect>>();
  const waiting: (readonly [string, Effect])[] = ruleNames.map((name) => [name, name === "permit" ? "loosens" : "tightens"]);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [name, effect] = next;
    const known = effects.get(name) ?? new Set<Effect>();
    effects.set(name, known);
    if (known.has(effect)) continue;
    known.add(effect);
    for (const clause of own.clauses.get(name) ?? []) {
      const naming = namesOf(own, clause);
      const heads = new Set<unknown>();
      for (const site of sitesOf(clause.rule)) {
        if (isTerm(site.node) && site.node.type === "ref") heads.add(childrenOf(site.node.value)[0]);
        // The first name of a path is told with its path.
        const used = heads.has(site.node) ? undefined : naming.ruleOf(site.node);
        if (used !== undefined) for (const one of effectsAt(site, effect)) waiting.push([used, one]);
      }
    }
  }
  return effects;
}

function effectsAt(site: Site, effect: Effect): readonly Effect[] {
  const { expression, inside } = site;
  const terms = expression?.terms;
  const bare = terms === site.node || (Array.isArray(terms) && terms[0] === site.node && callAt(expression) !== undefined);
  const plain = inside.every((one) => one === "not" || one === "every");
  if (!bare || !plain) return ["tightens", "loosens"];
  return [inside.filter((one) => one === "not").length % 2 === 0 ? effect : opposite[effect]];
}
