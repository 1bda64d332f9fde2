import type { Obligation } from "../core/decision.ts";
import { err, ok, type Result } from "../core/result.ts";
import type { Level } from "../parts/budgets/index.ts";
import type { BudgetDefinition, Catalog } from "../parts/catalog/index.ts";
import { type CallerFacts, escapeKey } from "./caller-facts.ts";
import type { Target } from "./targets/index.ts";

/** What counters need of a target. */
type Drawing = Pick<Target, "escapedId" | "server">;

/** The counters that a decision's budget obligations draw on, or the name of a budget that the bundle does not define. */
export function levelsOf(
  obligations: readonly Obligation[],
  catalog: Catalog,
  facts: CallerFacts,
  target: Drawing,
): Result<readonly Level[], { readonly budget: string }> {
  const levels: Level[] = [];
  for (const obligation of obligations) {
    if (obligation.type !== "budget") continue;
    const budget = catalog.budgets.get(obligation.name);
    if (!budget) return err({ budget: obligation.name });
    levels.push({
      budget: budget.name,
      key: counterKey(budget, facts, target),
      limit: budget.limit,
      window: budget.window,
      amount: obligation.cost,
    });
  }
  return ok(levels);
}

/** Tenant, budget and the value of each dimension, each escaped, so that no value can reach into another's place. */
function counterKey(budget: BudgetDefinition, facts: CallerFacts, target: Drawing): string {
  let key = `${facts.dimensions.tenant}:${escaped(budget)}`;
  for (const dimension of budget.per) {
    key += `:${dimension === "tool" ? target.escapedId : dimension === "server" ? target.server.id : facts.dimensions[dimension]}`;
  }
  return key;
}

const names = new WeakMap<BudgetDefinition, string>();

function escaped(budget: BudgetDefinition): string {
  const known = names.get(budget);
  if (known !== undefined) return known;
  const name = escapeKey(budget.name);
  names.set(budget, name);
  return name;
}

/** What byte budgets really spent; undefined when only calls were counted and the hold is what is spent. */
export function actualSpend(levels: readonly Level[], catalog: Catalog, bytes: number): ReadonlyMap<string, number> | undefined {
  let actual: Map<string, number> | undefined;
  for (const level of levels) {
    if (catalog.budgets.get(level.budget)?.unit !== "bytes") continue;
    actual ??= new Map();
    actual.set(level.key, bytes);
  }
  return actual;
}
