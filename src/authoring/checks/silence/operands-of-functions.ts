import { type Clause, callAt, childrenOf, isNode, isTerm, type Naming, namesOf, type Site, sitesOf } from "../../rego/index.ts";
import type { CheckedPackage } from "../check.ts";

/** The terms at one place that a rule says something about where they are missing, as `!=` does of both its operands. */
export type Asked = (site: Site, clause: Clause, naming: Naming) => readonly unknown[];

/** A call of a function that hands an operand on to such a place. */
export interface HandedOn {
  readonly function: string;
  readonly terms: readonly unknown[];
}

/** Which parameters of each function are asked so, by itself or through another function. */
export function parametersAsked(checked: CheckedPackage, asked: Asked): ReadonlyMap<string, ReadonlySet<number>> {
  const found = new Map<string, Set<number>>();
  for (let before = -1, size = 0; before !== size; ) {
    before = size;
    for (const [name, clauses] of checked.clauses) {
      for (const clause of clauses) {
        if (clause.rule.head.args === undefined) continue;
        const own = found.get(name) ?? new Set<number>();
        for (const at of parametersOf(clause, checked, asked, found)) own.add(at);
        if (own.size > 0) found.set(name, own);
      }
    }
    size = [...found.values()].reduce((sum, one) => sum + one.size, 0);
  }
  return found;
}

/** The operands of a call that its function asks so. */
export function handedOn({ node }: Site, naming: Naming, parameters: ReadonlyMap<string, ReadonlySet<number>>): HandedOn | undefined {
  const call = callAt(node);
  const operator = call === undefined ? undefined : childrenOf(isNode(node) && node.type === "call" ? node.value : node.terms)[0];
  const name = operator === undefined ? undefined : naming.ruleOf(operator);
  const which = name === undefined ? undefined : parameters.get(name);
  if (name === undefined || which === undefined) return undefined;
  return { function: name, terms: [...which].flatMap((at) => call?.operands[at] ?? []) };
}

function* parametersOf(
  clause: Clause,
  checked: CheckedPackage,
  asked: Asked,
  known: ReadonlyMap<string, ReadonlySet<number>>,
): Generator<number> {
  const naming = namesOf(checked, clause);
  const names = (clause.rule.head.args ?? []).map((parameter) => (naming.isVariable(parameter) ? parameter.value : undefined));
  for (const site of sitesOf(clause.rule)) {
    const terms = [...asked(site, clause, naming), ...(handedOn(site, naming, known)?.terms ?? [])];
    for (const name of namesIn(terms)) {
      const at = names.indexOf(name);
      if (at >= 0) yield at;
    }
  }
}

function* namesIn(node: unknown): Generator<string> {
  if (isTerm(node) && node.type === "var" && typeof node.value === "string") yield node.value;
  for (const child of childrenOf(node)) yield* namesIn(child);
}
