import { type AuthorModules, alwaysHasValue, childrenOf, isNeverUndefined, isTerm, type Naming, textOf } from "../../rego/index.ts";

const composites: ReadonlySet<string> = new Set(["array", "set", "object"]);

/**
 * What in a term OPA would look up before it negates the expression around it, so that the expression is silent where it
 * has no value; undefined where nothing is. Comprehensions and template strings always have a value, and so do variables:
 * whatever gave them one stands before.
 */
export function heldReference(term: unknown, own: AuthorModules, naming: Naming): string | undefined {
  if (Array.isArray(term)) return firstOf(term, (part) => heldReference(part, own, naming));
  if (!isTerm(term) || isNeverUndefined(term)) return undefined;
  if (composites.has(term.type)) return heldReference(childrenOf(term.value), own, naming);
  if (term.type !== "var" && term.type !== "ref" && term.type !== "call") return undefined;
  if (naming.isVariable(term)) return undefined;
  const rule = term.type === "var" ? naming.ruleOf(term) : undefined;
  if (rule !== undefined && alwaysHasValue(own, rule)) return undefined;
  return textOf(term);
}

/** The same for a reference that is negated alone: its own steps may be missing, and what stands in its brackets may not. */
export function heldInBrackets(ref: unknown, own: AuthorModules, naming: Naming): string | undefined {
  const [head, ...steps] = isTerm(ref) ? childrenOf(ref.value) : [];
  const start = isTerm(head) && head.type === "var" ? undefined : heldReference(head, own, naming);
  return start ?? firstOf(steps, (step) => heldReference(step, own, naming));
}

function firstOf<T>(items: readonly T[], look: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = look(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
