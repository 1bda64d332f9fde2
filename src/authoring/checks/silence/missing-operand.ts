import { mayBeMissing } from "../../input-schema.ts";
import {
  alwaysHasValue,
  type Clause,
  callAt,
  childrenOf,
  isNeverUndefined,
  isTerm,
  type Naming,
  namesOf,
  type Term,
  textOf,
} from "../../rego/index.ts";
import type { CheckedPackage } from "../check.ts";
import { type ClauseFacts, factsOf } from "./clause-facts.ts";
import { isInTables, isWritten } from "./known-members.ts";
import { type Path, pathsOf } from "./paths.ts";

/** Looks for what may have no value in the terms of one clause. */
export interface Missing {
  /** What in an operand may have no value, through the variables that stand for it; undefined where nothing may. */
  readonly in: (term: unknown) => string | undefined;
  /** The same for a term that only names variables, which have a value wherever they are used: what gave them one may not. */
  readonly behind: (term: unknown) => string | undefined;
}

interface Look extends ClauseFacts {
  readonly checked: CheckedPackage;
  readonly clause: Clause;
  readonly naming: Naming;
  /** Whether a variable stands in between: a look-up in a table is then one for whoever is listed. */
  readonly behind: boolean;
  /** Variables that are being followed, so that one that leads back to itself ends. */
  readonly busy: ReadonlySet<string>;
}

/** Arguments of a call are judged by the pinned schemas, beside. */
export function missingIn(checked: CheckedPackage, clause: Clause): Missing {
  const naming = namesOf(checked, clause);
  const look: Look = { ...factsOf(clause.rule, naming), checked, clause, naming, behind: false, busy: new Set() };
  return { in: (term) => missing(term, look), behind: (term) => behindNames(term, look) };
}

function missing(term: unknown, look: Look): string | undefined {
  if (Array.isArray(term)) return firstOf(term, (part) => missing(part, look));
  if (!isTerm(term) || isNeverUndefined(term)) return undefined;
  if (look.naming.isVariable(term)) return behindName(term.value, look);
  if (term.type === "var" || term.type === "ref") return missingAt(term, look) ? textOf(term) : undefined;
  if (term.type === "call") {
    const rule = look.naming.ruleOf(childrenOf(term.value)[0]);
    if (rule !== undefined && !alwaysHasValue(look.checked, rule)) return look.behind ? undefined : textOf(term);
    return missing(callAt(term)?.operands ?? [], look);
  }
  return missing(childrenOf(term.value), look);
}

function behindName(name: string, look: Look): string | undefined {
  if (look.busy.has(name)) return undefined;
  const inner: Look = { ...look, behind: true, busy: new Set([...look.busy, name]) };
  return firstOf(look.sources.get(name) ?? [], (source) => missing(source, inner));
}

function behindNames(term: unknown, look: Look): string | undefined {
  if (Array.isArray(term)) return firstOf(term, (part) => behindNames(part, look));
  if (!isTerm(term) || isNeverUndefined(term)) return undefined;
  if (look.naming.isVariable(term)) return behindName(term.value, look);
  return term.type === "var" ? undefined : behindNames(childrenOf(term.value), look);
}

function missingAt(term: Term, look: Look): boolean {
  const { naming, checked, behind } = look;
  const rule = naming.ruleOf(term);
  if (rule !== undefined) {
    const [, ...steps] = term.type === "ref" ? childrenOf(term.value) : [];
    return !behind && (steps.length > 0 ? !isWritten(rule, steps, checked) : !alwaysHasValue(checked, rule));
  }
  const paths = pathsOf(term, look);
  return paths.length === 0 ? !behind : paths.some((path) => missingFrom(path, look));
}

function missingFrom([root, ...path]: Path, { checked, behind, present }: Look): boolean {
  if (root === "data") return !behind && !isInTables(path, checked);
  if (root !== "input") return !behind;
  return path[0] !== "args" && missingFromInput(path, checked, present);
}

function missingFromInput(path: Path, { facts }: CheckedPackage, present: ClauseFacts["present"]): boolean {
  const fixed = path.filter((step) => step !== null);
  const there = Math.max(0, ...present.map((one) => (one.every((step, at) => path[at] === step) ? one.length : 0)));
  // Of the server that a principal connects to only its id is told.
  if (facts?.kinds.includes("admit") && path[0] === "server" && path[1] !== "id" && there < path.length) return true;
  return fixed.length < path.length || mayBeMissing(fixed, there);
}

function firstOf<T>(items: readonly T[], look: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = look(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
