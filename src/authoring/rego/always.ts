import { type AuthorModules, hasDefault } from "./author-package.ts";
import { childrenOf } from "./references.ts";
import { isNode, isTerm, type Rule, type Term } from "./rego-ast.ts";
import { isComprehension } from "./walk.ts";

const scalars: ReadonlySet<string> = new Set(["string", "number", "boolean", "null", "var"]);
const composites: ReadonlySet<string> = new Set(["array", "set", "object"]);

/** Comprehensions and template strings: nothing that is missing in them makes them undefined. */
export function isNeverUndefined(term: Term): boolean {
  return term.type === "templatestring" || isComprehension(term);
}

/**
 * Whether a rule or function has a value whatever the input is: it has a default, is a set or object of elements, or has
 * a clause or an `else` without a condition. In doubt it has none.
 */
export function alwaysHasValue(own: AuthorModules, name: string): boolean {
  if (hasDefault(own, name)) return true;
  return (own.clauses.get(name) ?? []).some(({ rule }) => isPartial(rule) || hasOpenEnd(rule));
}

/** `names contains x if …` and `ages[x] := y if …` are empty where nothing holds, never undefined. */
function isPartial({ head }: Rule): boolean {
  return head.key !== undefined && head.args === undefined;
}

function hasOpenEnd({ head, body, else: otherwise }: Rule): boolean {
  const args = head.args ?? [];
  const names = args.map((arg) => (isTerm(arg) && arg.type === "var" ? arg.value : undefined));
  if (names.includes(undefined) || new Set(names).size < names.length) return false; // a pattern may not fit
  if (isOpen(body) && isSettled(head.value, names)) return true;
  for (let next = otherwise; isNode(next); next = next.else) {
    const value = isNode(next.head) ? next.head.value : undefined;
    if (isOpen(next.body) && isSettled(value, names)) return true;
  }
  return false;
}

/** No condition: OPA writes `true` for it. */
function isOpen(body: unknown): boolean {
  const [only, ...more] = childrenOf(body);
  if (only === undefined) return true;
  const terms = isNode(only) && only.negated !== true ? only.terms : undefined;
  return more.length === 0 && isTerm(terms) && terms.type === "boolean" && terms.value === true;
}

/** Nothing in it can be missing: literals and arguments. */
function isSettled(value: unknown, args: readonly unknown[]): boolean {
  if (value === undefined) return true;
  if (Array.isArray(value)) return value.every((part) => isSettled(part, args));
  if (!isTerm(value)) return false;
  if (composites.has(value.type)) return isSettled(value.value, args);
  return scalars.has(value.type) && (value.type !== "var" || args.includes(value.value));
}
