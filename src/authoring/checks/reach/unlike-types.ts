import { textOf } from "../../rego/index.ts";
import type { TableData } from "../../tables/index.ts";
import type { Check } from "../check.ts";
import { signatureOf } from "./builtin-types.ts";
import { example } from "./example.ts";
import { wordsAt } from "./input-schema.ts";
import { tracedClauses } from "./package-trace.ts";
import { standsFor } from "./scope.ts";
import type { Target } from "./target.ts";
import type { BuiltinCall } from "./trace.ts";
import { type Asked, elementTypes, isUnseenByOpa, type Types, typesOf } from "./types.ts";

export const unlikeTypes: Check = {
  id: "unlike-types",
  title: "a comparison or built-in whose operands are of types that do not fit, or an order of words",
  danger:
    "Rego compares types before values: every number is less than every text and equal to none, a built-in has no value for another type, and high comes before low, so the rule never holds, or for others than are meant",
  wanted: "operands of the type that the pinned schema, the input or the tables have there",
  example: {
    wrong: example(`constrain contains {"code": "example.too_much"} if {
	input.tool.id == "crm.refund"
	input.args.amount > "1000"
}`),
    right: example(`constrain contains {"code": "example.too_much"} if {
	input.tool.id == "crm.refund"
	input.args.amount > 1000
}`),
  },
  find: (checked, report) => {
    for (const { calls } of tracedClauses(checked)) {
      for (const call of calls) {
        const misfit = misfitOf(call, checked.tables);
        if (misfit === undefined) continue;
        const { clause: at } = call.scope;
        report({ at, line: call.line, found: textOf(call.expression).replace(/\s+/g, " ") || call.name, remedy: misfit });
      }
    }
  },
};

const orderings: ReadonlySet<string> = new Set(["lt", "lte", "gt", "gte"]);
const equalities: ReadonlySet<string> = new Set(["equal", "eq", "neq"]);
const collections: ReadonlySet<string> = new Set(["array", "set", "object"]);
const passing: ReadonlySet<string> = new Set(["assign", "internal.member_3", "object.get", "print", "walk"]);

/** What does not fit for one of the targets. */
function misfitOf(call: BuiltinCall, tables: TableData | undefined): string | undefined {
  if (passing.has(call.name)) return undefined;
  const targets: readonly (Target | undefined)[] = call.targets.length === 0 ? [undefined] : call.targets;
  for (const target of targets) {
    const misfit = misfitFor(call, { scope: call.scope, target, tables });
    if (misfit !== undefined) return target?.schema === undefined ? misfit : `${target.id}: ${misfit}`;
  }
  return undefined;
}

function misfitFor({ name, operands }: BuiltinCall, asked: Asked): string | undefined {
  const [left, right] = operands;
  if (orderings.has(name)) {
    const ranked = operands.map((operand) => wordsOf(operand, asked)).find((some) => some !== undefined);
    if (ranked !== undefined)
      return `words are ordered by their letters, ${ranked.toSorted().join(" < ")}: name those that are meant, in {"…"}, or give each a number`;
    const [a, b] = [typesOf(left, asked), typesOf(right, asked)];
    return a === undefined || b === undefined || new Set([...a, ...b]).size === 1 ? undefined : `compares ${words(a)} with ${words(b)}`;
  }
  const unseen = operands.some((operand) => isUnseenByOpa(operand, asked));
  if (equalities.has(name)) return unseen ? apart(typesOf(left, asked), typesOf(right, asked), "is never equal to") : undefined;
  if (name === "internal.member_2") {
    const list = typesOf(right, asked);
    if (list !== undefined && !meets(list, collections))
      return `there is nothing "in" ${words(list)}; for a part of a text write contains(…)`;
    return unseen ? apart(typesOf(left, asked), elementTypes(right, asked), "is never in a list of") : undefined;
  }
  for (const [at, takes] of (signatureOf(name)?.takes ?? []).entries()) {
    const given = isUnseenByOpa(operands[at], asked) ? typesOf(operands[at], asked) : undefined;
    if (given !== undefined && takes !== undefined && !meets(given, takes))
      return `"${textOf(operands[at])}" is ${words(given)}, where ${words(takes)} is wanted`;
  }
  return undefined;
}

/** The words of a place of the input that holds one of few. */
function wordsOf(term: unknown, { scope }: Asked): readonly string[] | undefined {
  const [only, ...more] = standsFor(term, scope).origins;
  return only?.root === "input" && more.length === 0 ? wordsAt(only.path) : undefined;
}

function apart(a: Types, b: Types, says: string): string | undefined {
  return a === undefined || b === undefined || a.size === 0 || b.size === 0 || meets(a, b) ? undefined : `${words(a)} ${says} ${words(b)}`;
}

function meets(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return [...a].some((type) => b.has(type));
}

const names: Readonly<Record<string, string>> = {
  null: "null",
  boolean: "true or false",
  number: "a number",
  string: "a text",
  array: "a list",
  object: "an object",
  set: "a set",
};

function words(types: ReadonlySet<string>): string {
  return [...types].map((type) => names[type] ?? type).join(" or ");
}
