import { childrenOf, isTerm, type Term } from "../../rego/index.ts";
import type { CheckedPackage } from "../check.ts";
import type { Path } from "./paths.ts";

/** Whether the tables of the author hold the path, in every element where any may be meant. */
export function isInTables([table, ...path]: Path, { tables }: CheckedPackage): boolean {
  if (tables === undefined) return true;
  return holds(table === "custom" || table === "settings" ? tables[table] : undefined, path);
}

function holds(value: unknown, [step, ...rest]: Path): boolean {
  if (step === undefined) return value !== undefined;
  if (typeof value !== "object" || value === null) return false;
  if (step === null) return rest.length > 0 && Object.values(value).every((one) => holds(one, rest));
  return Object.hasOwn(value, step) && holds(Reflect.get(value, step), rest);
}

/** Whether a rule is an object that is written out, with the member in it: `limits := {"refund": 1000}`. */
export function isWritten(rule: string, steps: readonly unknown[], { clauses }: CheckedPackage): boolean {
  const [only, ...more] = clauses.get(rule) ?? [];
  const { head, body, else: otherwise } = only?.rule ?? { head: undefined, body: undefined, else: undefined };
  const [first, ...rest] = childrenOf(body);
  const open = rest.length === 0 && (first === undefined || isTrue(first));
  if (head === undefined || more.length > 0 || otherwise !== undefined || head.args !== undefined || head.key !== undefined || !open)
    return false;
  let at: unknown = head.value;
  for (const step of steps) {
    const name = isTerm(step) && step.type === "string" ? step.value : undefined;
    const pair = isTerm(at) && at.type === "object" ? childrenOf(at.value).find((one) => keyOf(one)?.value === name) : undefined;
    if (name === undefined || pair === undefined) return false;
    at = childrenOf(pair)[1];
  }
  return isTerm(at) && ["string", "number", "boolean", "null", "array", "object", "set"].includes(at.type);
}

function keyOf(pair: unknown): Term | undefined {
  const [key] = childrenOf(pair);
  return isTerm(key) ? key : undefined;
}

/** OPA writes `true` for a body that asks nothing. */
function isTrue(expression: unknown): boolean {
  const terms = typeof expression === "object" && expression !== null && "terms" in expression ? expression.terms : undefined;
  return isTerm(terms) && terms.type === "boolean" && terms.value === true;
}
