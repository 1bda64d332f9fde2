/**
 * A Rego value as a built-in sees it. Numbers keep their literal, because a time in nanoseconds is larger than a double
 * can hold and `1.0` prints otherwise than `1`; sets and objects are told apart, which JSON cannot do.
 */
export type Value = null | boolean | string | NumberLiteral | readonly Value[] | ValueSet | ValueObject;

export interface NumberLiteral {
  readonly number: string;
}

export interface ValueSet {
  readonly set: readonly Value[];
}

/** Keys may be any value; in Rego only strings are usual. */
export interface ValueObject {
  readonly entries: readonly (readonly [Value, Value])[];
}

/** Own members only: every array has `entries`. */
const hasMember = (value: Value, name: string): boolean => typeof value === "object" && value !== null && Object.hasOwn(value, name);

export const isNumber = (value: Value): value is NumberLiteral => hasMember(value, "number");
export const isArray = (value: Value): value is readonly Value[] => Array.isArray(value);
export const isSet = (value: Value): value is ValueSet => hasMember(value, "set");
export const isObject = (value: Value): value is ValueObject => hasMember(value, "entries");

export const numberOf = (value: bigint | number): NumberLiteral => ({ number: String(value) });

/** Reads what `opa_value_dump` writes: JSON with set literals and with keys of any type. Throws on anything else. */
export function parseValue(text: string): Value {
  if (text.startsWith('"')) return JSON.parse(text);
  const reader: Reader = { text, at: 0 };
  const value = readValue(reader);
  if (reader.at !== text.length) throw new SyntaxError(`unexpected text after a value at ${reader.at}`);
  return value;
}

interface Reader {
  readonly text: string;
  at: number;
}

const literal = /(?:true|false|null|set\(\))/y;
const number = /-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const string = /"(?:[^"\\]|\\.)*"/y;

function take(reader: Reader, pattern: RegExp): string | undefined {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text)?.[0];
  if (found !== undefined) reader.at += found.length;
  return found;
}

function takeMark(reader: Reader, mark: string): boolean {
  while (reader.text[reader.at] === " ") reader.at++;
  if (reader.text[reader.at] !== mark) return false;
  reader.at++;
  while (reader.text[reader.at] === " ") reader.at++;
  return true;
}

function readValue(reader: Reader): Value {
  const digits = take(reader, number);
  if (digits !== undefined) return { number: digits };
  const quoted = take(reader, string);
  if (quoted !== undefined) return JSON.parse(quoted);
  if (takeMark(reader, "[")) return readArray(reader);
  if (takeMark(reader, "{")) return readBraces(reader);
  const word = take(reader, literal);
  if (word === "set()") return { set: [] };
  if (word !== undefined) return JSON.parse(word);
  throw new SyntaxError(`unexpected text in a value at ${reader.at}`);
}

function readArray(reader: Reader): Value {
  const items: Value[] = [];
  if (takeMark(reader, "]")) return items;
  do items.push(readValue(reader));
  while (takeMark(reader, ","));
  if (!takeMark(reader, "]")) throw new SyntaxError(`wanted ] at ${reader.at}`);
  return items;
}

function readBraces(reader: Reader): Value {
  if (takeMark(reader, "}")) return { entries: [] };
  const keys: Value[] = [];
  const values: Value[] = [];
  do {
    keys.push(readValue(reader));
    if (takeMark(reader, ":")) values.push(readValue(reader));
  } while (takeMark(reader, ","));
  if (!takeMark(reader, "}")) throw new SyntaxError(`wanted } at ${reader.at}`);
  if (values.length === 0) return { set: keys };
  if (values.length !== keys.length) throw new SyntaxError("an object is mixed with a set");
  return { entries: keys.map((key, index) => [key, values[index] ?? null] as const) };
}

/** The text of a value as `opa_value_parse` reads it: JSON with set literals and with keys of any type. */
export function toTerm(value: Value): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return JSON.stringify(value.toWellFormed());
  if (isNumber(value)) return value.number;
  if (isArray(value)) return `[${value.map(toTerm).join(",")}]`;
  if (isSet(value)) return value.set.length === 0 ? "set()" : `{${value.set.map(toTerm).join(",")}}`;
  if (isObject(value)) return `{${value.entries.map(([key, member]) => `${toTerm(key)}:${toTerm(member)}`).join(",")}}`;
  throw new TypeError("not a value");
}

/** Rego's order: null, booleans, numbers, strings by code point, arrays, objects, sets. */
export function compareValues(a: Value, b: Value): number {
  const rank = rankOf(a) - rankOf(b);
  if (rank !== 0) return rank;
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  if (a === null || b === null || typeof a !== "object" || typeof b !== "object") return 0;
  if (isNumber(a) && isNumber(b)) return compareNumbers(a.number, b.number);
  return compareLists(flat(a), flat(b));
}

function rankOf(value: Value): number {
  if (value === null) return 0;
  if (typeof value === "boolean") return 1;
  if (isNumber(value)) return 2;
  if (typeof value === "string") return 3;
  if (isArray(value)) return 4;
  return isObject(value) ? 5 : 6;
}

function flat(value: Value): readonly Value[] {
  if (isArray(value)) return value;
  if (isSet(value)) return value.set.toSorted(compareValues);
  if (isObject(value)) return value.entries.toSorted((x, y) => compareValues(x[0], y[0])).flat();
  return [];
}

function compareLists(a: readonly Value[], b: readonly Value[]): number {
  for (let index = 0; index < a.length && index < b.length; index++) {
    const order = compareValues(a[index] ?? null, b[index] ?? null);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** By UTF-8 bytes, which is the order of code points and not the order of UTF-16 units. */
export function compareText(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}

const integer = /^-?\d+$/;

function compareNumbers(a: string, b: string): number {
  if (integer.test(a) && integer.test(b)) {
    const difference = BigInt(a) - BigInt(b);
    return difference === 0n ? 0 : difference < 0n ? -1 : 1;
  }
  return Number(a) - Number(b);
}

/** A text that is the same for equal values and for no others: `1` and `1.0` are one key, a set has no order. */
export function keyOf(value: Value): string {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (isNumber(value)) return integer.test(value.number) ? String(BigInt(value.number)) : numberKey(Number(value.number));
  if (isArray(value)) return `[${value.map(keyOf).join(",")}]`;
  if (isSet(value)) return `<${[...new Set(value.set.map(keyOf))].sort().join(",")}>`;
  if (isObject(value))
    return `{${value.entries
      .map(([key, member]) => `${keyOf(key)}:${keyOf(member)}`)
      .sort()
      .join(",")}}`;
  throw new TypeError("not a value");
}

const numberKey = (value: number): string => (Number.isInteger(value) ? String(BigInt(value)) : String(value));
