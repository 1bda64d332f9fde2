import { BuiltinError, LONGEST_TEXT } from "../builtin.ts";
import { jsonString, keyText } from "../json-marshal.ts";
import { compareText, compareValues, isArray, isNumber, isObject, isSet, type NumberLiteral, type Value } from "../value.ts";
import { SchemaMistake } from "./schema.ts";

/** JSON as OPA hands it to its validator: numbers as they are written, members in the order of their names. */
export type Json = null | boolean | string | NumberLiteral | readonly Json[] | Members;
export type Members = ReadonlyMap<string, Json>;

export const isMembers = (value: Json): value is Members => value instanceof Map;
export const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
export const isLiteral = (value: Json): value is NumberLiteral =>
  typeof value === "object" && value !== null && !isList(value) && !isMembers(value);

/** A document or a schema: an object, an array, or a text that holds JSON. */
export function documentOf(value: Value | undefined): Json {
  if (typeof value === "string") return fromText(value);
  if (value !== undefined && (isObject(value) || isArray(value))) return fromValue(value);
  throw new SchemaMistake("wrong type, expected string or object");
}

function fromText(text: string): Json {
  if (text.length > LONGEST_TEXT) throw new BuiltinError("json schema: the text is too long");
  let found: Json;
  try {
    found = JSON.parse(text, (_key, value: unknown, context?: { readonly source?: string }) => read(value, context?.source));
  } catch (error) {
    // Thousands of brackets are valid JSON, and too deep for any reader of ours: not "invalid", which OPA does not say.
    if (!(error instanceof SyntaxError)) throw new BuiltinError("json schema: the text is too deep");
    throw new SchemaMistake("invalid JSON string");
  }
  return found;
}

/** From the inside out: what is inside of lists and objects has been read already. */
function read(value: unknown, source: string | undefined): Json {
  if (typeof value === "number") return { number: source ?? String(value) };
  if (typeof value === "string") return value.toWellFormed();
  if (value === null || typeof value === "boolean") return value;
  if (Array.isArray(value)) return value as readonly Json[];
  return sorted(Object.entries(value as object).map(([key, member]) => [key.toWellFormed(), member as Json] as const));
}

function fromValue(value: Value): Json {
  if (value === null || typeof value !== "object") return typeof value === "string" ? value.toWellFormed() : value;
  if (isNumber(value)) return value;
  if (isArray(value)) return value.map(fromValue);
  if (isSet(value)) return value.set.toSorted(compareValues).map(fromValue);
  if (!isObject(value)) throw new BuiltinError("not a value");
  const members = sorted(value.entries.map(([key, member]) => [keyText(key), fromValue(member)] as const));
  if (members.size !== value.entries.length) throw new BuiltinError("json schema: two keys of an object are the same text");
  return members;
}

const sorted = (entries: readonly (readonly [string, Json])[]): Members =>
  new Map(new Map(entries).size < 2 ? entries : [...new Map(entries)].sort(([a], [b]) => compareText(a, b)));

/** The JSON that OPA compares by: `1`, `1.0` and `1e0` are one number, because all of them pass through a double. */
export function canonicalText(value: Json): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return jsonString(value);
  if (isList(value)) return `[${value.map(canonicalText).join(",")}]`;
  if (isMembers(value)) return `{${[...value].map(([key, member]) => `${jsonString(key)}:${canonicalText(member)}`).join(",")}}`;
  const number = Number(value.number);
  if (!Number.isFinite(number)) throw new BuiltinError("json schema: the number is too large");
  return Object.is(number, -0) ? "-0" : String(number);
}
