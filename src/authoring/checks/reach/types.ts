import { callAt, childrenOf, isComprehension, isTerm } from "../../rego/index.ts";
import type { TableData } from "../../tables/index.ts";
import { argumentTypes } from "./argument-schema.ts";
import { signatureOf } from "./builtin-types.ts";
import { typesAt } from "./input-schema.ts";
import type { Origin, Step } from "./origin.ts";
import { elementsOf, ownRuleOf, type Scope, standsFor } from "./scope.ts";
import type { Target } from "./target.ts";
import type { Value } from "./value.ts";

/** Types by name as Rego orders them; undefined where any may be meant. */
export type Types = ReadonlySet<string> | undefined;

/** Around a term: whose calls it is asked about, and what stands in the tables. */
export interface Asked {
  readonly scope: Scope;
  readonly target: Target | undefined;
  readonly tables: TableData | undefined;
}

const written: ReadonlySet<string> = new Set(["null", "boolean", "number", "string", "array", "object", "set"]);

/** The types that a term may have where it has a value at all. */
export function typesOf(term: unknown, asked: Asked): Types {
  if (!isTerm(term)) return undefined;
  if (term.type === "templatestring") return new Set(["string"]);
  const comprehension: boolean = isComprehension(term);
  if (comprehension) return new Set([term.type.replace("comprehension", "")]);
  if (written.has(term.type)) return new Set([term.type]);
  const call = callAt(term);
  if (call === undefined) return typesOfValue(standsFor(term, asked.scope), asked);
  if (ownRuleOf(childrenOf(term.value)[0], asked.scope) !== undefined) return undefined;
  if (call.name !== "object.get") return signatureOf(call.name)?.gives;
  return either(originTypes(standsFor(term, asked.scope), asked), typesOf(call.operands[2], asked));
}

/** The types that an element of a collection may have. */
export function elementTypes(term: unknown, asked: Asked): Types {
  if (isTerm(term) && (term.type === "array" || term.type === "set"))
    return childrenOf(term.value)
      .map((one) => typesOf(one, asked))
      .reduce(either, new Set());
  return isTerm(term) && (term.type === "var" || term.type === "ref") ? typesOfValue(elementsOf(term, asked.scope), asked) : undefined;
}

/** Whether OPA does not know the type: it has the schema of the input, and none of arguments and tables. Rows of a table may differ. */
export function isUnseenByOpa(term: unknown, { scope }: Asked): boolean {
  const { origins } = isTerm(term) && term.type !== "call" ? standsFor(term, scope) : { origins: [] };
  const operands = callAt(term)?.operands ?? [];
  return (
    origins.some(({ root, path }) => (root === "data" && !path.includes(null)) || path[0] === "args") ||
    operands.some((one) => isUnseenByOpa(one, { scope, target: undefined, tables: undefined }))
  );
}

function typesOfValue(value: Value, asked: Asked): Types {
  if (value.constant !== undefined) return new Set([typeOf(value.constant.value)]);
  return value.covered === true && value.handed !== true ? undefined : originTypes(value, asked);
}

function originTypes({ origins }: Value, asked: Asked): Types {
  return origins.length === 0 ? undefined : origins.map((origin) => typesOfOrigin(origin, asked)).reduce(either);
}

function typesOfOrigin({ root, path }: Origin, { target, tables }: Asked): Types {
  const [first, ...rest] = path;
  if (root === "data")
    return tables !== undefined && (first === "custom" || first === "settings") ? typesInTable(tables[first], rest) : undefined;
  if (first !== "args") return typesAt(path);
  return target?.schema === undefined ? undefined : argumentTypes(target.schema, rest);
}

function typesInTable(value: unknown, [step, ...rest]: readonly Step[]): Types {
  if (step === undefined) return value === undefined ? undefined : new Set([typeOf(value)]);
  if (typeof value !== "object" || value === null) return undefined;
  const members = step === null ? Object.values(value) : Object.hasOwn(value, step) ? [Reflect.get(value, step)] : [];
  return members.length === 0 ? undefined : members.map((member) => typesInTable(member, rest)).reduce(either);
}

function either(a: Types, b: Types): Types {
  return a === undefined || b === undefined ? undefined : new Set([...a, ...b]);
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
