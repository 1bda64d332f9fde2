import { type Clause, callAt, childrenOf, fixedPath, isNode, isTerm, type Naming, namesOf, sitesOf, type Term } from "../../rego/index.ts";
import type { CheckedPackage } from "../check.ts";
import { type ClauseFacts, factsOf } from "./clause-facts.ts";

/** Steps from `input` or `data` on; null where any member may be meant. */
export type Path = readonly (string | null)[];

interface Look extends Pick<ClauseFacts, "sources" | "domains"> {
  readonly checked: CheckedPackage;
  readonly clause: Clause;
  readonly naming: Naming;
  readonly busy: ReadonlySet<string>;
}

/** What a reference leads to, through the variables and parameters that it begins with; none where that is not told. */
export function pathsOf(term: Term, look: Look): readonly Path[] {
  const [head, ...steps] = term.type === "ref" ? childrenOf(term.value) : [term];
  const rest = steps.map((step) => (isTerm(step) && step.type === "string" ? String(step.value) : null));
  if (look.naming.isVariable(head)) return pathsOfName(head.value, look).map((path) => [...path, ...rest]);
  const fixed = look.naming.pathOf(term);
  if (fixed[0] !== "input" && fixed[0] !== "data") return [];
  const open = term.type === "var" ? [] : rest.slice(fixedPath(term).length - 1);
  return [[...fixed, ...open]];
}

function pathsOfName(name: string, look: Look): readonly Path[] {
  if (look.busy.has(name)) return [];
  const inner: Look = { ...look, busy: new Set([...look.busy, name]) };
  const domain = look.domains.get(name);
  if (domain !== undefined) return named(domain, inner).map((path) => [...path, null]);
  const sources = look.sources.get(name) ?? [];
  return sources.length > 0 ? sources.flatMap((source) => named(source, inner)) : pathsOfParameter(name, inner);
}

function named(term: Term, look: Look): readonly Path[] {
  return term.type === "var" || term.type === "ref" ? pathsOf(term, look) : [];
}

/** What the calls of the function give for one of its parameters. */
function pathsOfParameter(name: string, { checked, clause }: Look): readonly Path[] {
  const at = (clause.rule.head.args ?? []).findIndex(
    (parameter) => isTerm(parameter) && parameter.type === "var" && parameter.value === name,
  );
  if (at < 0) return [];
  return (callsIn(checked).get(String(clause.rule.head.ref[0]?.value)) ?? []).flatMap(({ clause: by, operands }) => {
    const operand = operands[at];
    if (!isTerm(operand) || by === clause) return [];
    const naming = namesOf(checked, by);
    // Names of the other clause are its own.
    return named(operand, { ...factsOf(by.rule, naming), checked, clause: by, naming, busy: new Set() });
  });
}

interface OwnCall {
  readonly clause: Clause;
  readonly operands: readonly unknown[];
}

const known = new WeakMap<CheckedPackage, ReadonlyMap<string, readonly OwnCall[]>>();

/** Every call of a function of the package. */
function callsIn(checked: CheckedPackage): ReadonlyMap<string, readonly OwnCall[]> {
  const found = known.get(checked);
  if (found !== undefined) return found;
  const calls = new Map<string, OwnCall[]>();
  for (const clause of [...checked.clauses.values()].flat()) {
    const naming = namesOf(checked, clause);
    for (const { node } of sitesOf(clause.rule)) {
      const call = callAt(node);
      const operator = call === undefined ? undefined : childrenOf(isNode(node) && node.type === "call" ? node.value : node.terms)[0];
      const name = naming.ruleOf(operator);
      if (call !== undefined && name !== undefined) calls.set(name, [...(calls.get(name) ?? []), { clause, operands: call.operands }]);
    }
  }
  known.set(checked, calls);
  return calls;
}
