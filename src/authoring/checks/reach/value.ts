import { isTerm, type Term } from "../../rego/index.ts";
import type { Origin } from "./origin.ts";

/** What a term may stand for. */
export interface Value {
  readonly origins: readonly Origin[];
  /** The texts that it may be, where it is written out. */
  readonly words?: readonly string[];
  /** What it is, where that is written out. */
  readonly constant?: { readonly value: unknown };
  /** There is a value in its place where the origins have none. */
  readonly covered?: true;
  /** What counts for members that the origins do not have, where it is written out: `object.union({"limit": 100}, input.args)`. */
  readonly otherwise?: { readonly value: unknown };
  /** It is covered only because it is an operand: whether it is there is judged where the function is called. */
  readonly handed?: true;
}

export const nothingKnown: Value = { origins: [] };

export function joined(a: Value, b: Value): Value {
  return {
    origins: [...a.origins, ...b.origins],
    ...(a.words !== undefined && b.words !== undefined && { words: [...a.words, ...b.words] }),
    ...(a.covered === true && b.covered === true && { covered: true }),
    ...(a.handed === true && b.handed === true && { handed: true }),
  };
}

/** What a term of literals is; undefined where it is not written out. Sets are lists here. */
export function literalOf(term: unknown): { readonly value: unknown } | undefined {
  if (!isTerm(term)) return undefined;
  if (term.type === "string" || term.type === "boolean") return { value: term.value };
  if (term.type === "number") return { value: Number(term.value) };
  if (term.type === "null") return { value: null };
  if (term.type === "array" || term.type === "set") return listOf(term);
  return term.type === "object" ? membersOf(term) : undefined;
}

function listOf(term: Term): { readonly value: unknown } | undefined {
  const items = Array.isArray(term.value) ? term.value.map(literalOf) : [];
  const values = items.flatMap((item) => (item === undefined ? [] : [item.value]));
  return values.length === items.length ? { value: values } : undefined;
}

function membersOf(term: Term): { readonly value: unknown } | undefined {
  const members: [string, unknown][] = [];
  for (const pair of Array.isArray(term.value) ? term.value : []) {
    if (!Array.isArray(pair)) return undefined;
    const [key, value] = pair.map(literalOf);
    if (key === undefined || value === undefined) return undefined;
    members.push([String(key.value), value.value]);
  }
  return { value: Object.fromEntries(members) };
}

/** What literals give: the text itself, or the texts of a list. */
export function valueOfLiteral(term: Term): Value | undefined {
  const literal = literalOf(term);
  if (literal === undefined) return undefined;
  return typeof literal.value === "string"
    ? { origins: [], words: [literal.value], constant: literal }
    : { origins: [], constant: literal };
}
