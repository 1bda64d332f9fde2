import { type AuthorModules, type Clause, childrenOf, isComprehension, isNode, isTerm, namesOf } from "../../rego/index.ts";

/**
 * An author's line with its condition moved into a rule of its own, which is undefined where an operand is missing, so
 * that `not` makes something of it. Variables that have their value elsewhere in the clause become its arguments.
 */
export function hoisted(own: AuthorModules, clause: Clause, expression: unknown, condition: string): string {
  const free = freeName(own);
  const args = variablesShared(own, clause, expression);
  const call = args.length === 0 ? free : `${free}(${args.join(", ")})`;
  return `not ${call}\n\n${call} if ${condition}`;
}

function freeName({ clauses }: AuthorModules): string {
  for (let at = 1; ; at++) {
    const name = at === 1 ? "as_wanted" : `as_wanted_${at}`;
    if (!clauses.has(name)) return name;
  }
}

/** Variables of an expression that the rest of the clause holds too, in the order in which they are used. */
function variablesShared(own: AuthorModules, clause: Clause, expression: unknown): readonly string[] {
  const naming = namesOf(own, clause);
  const names = (node: unknown, except: unknown): string[] => {
    if (node === except) return [];
    if (naming.isVariable(node)) return [node.value];
    const parts = isTerm(node) && node.type === "ref" ? childrenOf(node.value) : childrenOf(node);
    return parts.flatMap((part) => names(part, except));
  };
  const { head, body, else: otherwise } = clause.rule;
  const outside = new Set(names([head.args, head.key, head.value, body, otherwise], expression));
  return [...new Set(operandsOf(expression).flatMap((node) => names(node, undefined)))].filter((name) => outside.has(name));
}

/** Without the operator, which is a name too. */
function operandsOf(expression: unknown): readonly unknown[] {
  if (isComprehension(expression)) return [];
  const terms = isNode(expression) ? expression.terms : undefined;
  return Array.isArray(terms) ? terms.slice(1) : [terms];
}
