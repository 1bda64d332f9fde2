import { mayBeMissing } from "../../input-schema.ts";
import { alwaysHasValue, callAt, childrenOf, isNeverUndefined, isTerm, type Naming, type Term, textOf } from "../../rego/index.ts";
import type { CheckedPackage } from "../check.ts";

/** What in an operand may have no value; undefined where nothing may. Arguments of a call are judged by the pinned schemas. */
export function missingOperand(term: unknown, checked: CheckedPackage, naming: Naming): string | undefined {
  if (Array.isArray(term)) return term.map((part) => missingOperand(part, checked, naming)).find((found) => found !== undefined);
  if (!isTerm(term) || isNeverUndefined(term)) return undefined;
  if (term.type === "var" || term.type === "ref") return missingAt(term, checked, naming) ? textOf(term) : undefined;
  if (term.type === "call") {
    const operator = childrenOf(term.value)[0];
    const rule = naming.ruleOf(operator);
    if (rule !== undefined && !alwaysHasValue(checked, rule)) return textOf(term);
    return missingOperand(callAt(term)?.operands ?? [], checked, naming);
  }
  return missingOperand(childrenOf(term.value), checked, naming);
}

function missingAt(term: Term, checked: CheckedPackage, naming: Naming): boolean {
  if (naming.isVariable(term)) return false;
  const path = naming.pathOf(term);
  const rule = naming.ruleOf(term);
  const steps = term.type === "ref" ? childrenOf(term.value).length - 1 : 0;
  if (rule !== undefined) return steps > 0 || !alwaysHasValue(checked, rule);
  const fixed = term.type === "var" || path.length >= childrenOf(term.value).length;
  if (path[0] === "input") return path[1] !== "args" && (!fixed || mayBeMissing(path.slice(1)));
  if (path[0] === "data") return !fixed || !isInTables(path.slice(1), checked);
  return true; // a member of whatever a variable holds
}

function isInTables([table, ...path]: readonly string[], { tables }: CheckedPackage): boolean {
  if (tables === undefined) return true;
  let value: unknown = table === "custom" || table === "settings" ? tables[table] : undefined;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return false;
    value = Reflect.get(value, step);
  }
  return value !== undefined;
}
