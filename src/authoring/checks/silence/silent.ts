import { type Clause, isEvery, namesOf, type Site, sitesOf, textOf } from "../../rego/index.ts";
import type { CheckedPackage } from "../check.ts";
import { type Missing, missingIn } from "./missing-operand.ts";
import { type Asked, handedOn, parametersAsked } from "./operands-of-functions.ts";
import { effectsOf } from "./polarity.ts";

/** A place at which a rule that tightens is silent, because something that it asks about may be missing. */
export interface Silent {
  readonly clause: Clause;
  readonly site: Site;
  /** What may be missing, as the author wrote it. */
  readonly missing: string;
  /** The function that asks, where it only gets the value. */
  readonly by?: string;
}

/** Every place in the rules of a package that tighten where a term that is asked about may have no value. */
export function* silentPlaces(checked: CheckedPackage, asked: Asked, look: (missing: Missing) => Missing["in"]): Generator<Silent> {
  const effects = effectsOf(checked);
  const parameters = parametersAsked(checked, asked);
  for (const [name, clauses] of checked.clauses) {
    const tightens = effects.get(name)?.has("tightens") === true;
    for (const clause of clauses) {
      const naming = namesOf(checked, clause);
      const missingOf = missingIn(checked, clause);
      for (const site of sitesOf(clause.rule)) {
        if (!tightens && !site.inside.includes("comprehension")) continue;
        const missing = look(missingOf)(asked(site, clause, naming));
        if (missing !== undefined) {
          yield { clause, site, missing };
          continue;
        }
        const on = site.inside.includes("not") ? undefined : handedOn(site, naming, parameters);
        const operand = on === undefined ? undefined : missingOf.in(on.terms);
        if (on !== undefined && operand !== undefined) yield { clause, site, missing: operand, by: on.function };
      }
    }
  }
}

/** How a place is told: as it stands, and through which function. */
export function silentText({ site, by }: Silent): string {
  const text = isEvery(site.node) ? `every … in ${textOf(site.node.domain)}` : textOf(site.node);
  return by === undefined ? text : `${text}, of which "${by}" asks that`;
}
