import { type Builtin, BuiltinError, entriesOf, LONGEST_TEXT, stringOf } from "./builtin.ts";
import { compareText, compareValues, isArray, isNumber, isObject, isSet, type Value } from "./value.ts";

interface Layout {
  readonly prefix: string;
  readonly indent: string;
}

/** Go's `json.Marshal`, or `MarshalIndent` where a prefix, an indent or `pretty` asks for lines. */
const marshalWithOptions: Builtin = (_, value, options) => {
  const layout: { prefix: string; indent: string } = { prefix: "", indent: "\t" };
  let pretty: boolean | undefined;
  let implied = false;
  for (const [key, option] of entriesOf(options)) {
    if (key === "prefix" || key === "indent") {
      layout[key] = stringOf(option);
      implied = true;
    } else if (key === "pretty" && typeof option === "boolean") pretty = option;
    else throw new BuiltinError("json.marshal_with_options: unknown option");
  }
  const wanted = pretty ?? implied;
  const text = new Writer(wanted ? layout : undefined).write(value ?? null);
  return wanted ? layout.prefix + text : text;
};

class Writer {
  readonly #layout: Layout | undefined;
  #size = 0;

  constructor(layout: Layout | undefined) {
    this.#layout = layout;
  }

  write(value: Value, depth = 0): string {
    if (value === null || typeof value === "boolean") return this.#count(String(value));
    if (typeof value === "string") return this.#count(jsonString(value));
    if (isNumber(value)) return this.#count(value.number);
    if (isArray(value))
      return this.#lines(
        "[",
        value.map((item) => this.write(item, depth + 1)),
        "]",
        depth,
      );
    if (isSet(value)) return this.write(value.set.toSorted(compareValues), depth);
    if (!isObject(value)) throw new BuiltinError("not a value");
    const colon = this.#layout === undefined ? ":" : ": ";
    const members = value.entries
      .map(([key, member]) => [keyText(key), member] as const)
      .toSorted((a, b) => compareText(a[0], b[0]))
      .map(([key, member]) => `${this.#count(jsonString(key))}${colon}${this.write(member, depth + 1)}`);
    return this.#lines("{", members, "}", depth);
  }

  #count(text: string): string {
    this.#room(text.length);
    return text;
  }

  #room(length: number): void {
    this.#size += length;
    if (this.#size > LONGEST_TEXT) throw new BuiltinError("json.marshal_with_options: the text is too long");
  }

  #lines(open: string, items: readonly string[], close: string, depth: number): string {
    if (this.#layout === undefined || items.length === 0) return `${open}${items.join(",")}${close}`;
    const { prefix, indent } = this.#layout;
    // An indent of a thousand characters, times the depth, times the lines: counted before it is written.
    this.#room((prefix.length + indent.length * (depth + 1) + 2) * (items.length + 1));
    const line = `\n${prefix}${indent.repeat(depth + 1)}`;
    return `${open}${items.map((item) => line + item).join(",")}\n${prefix}${indent.repeat(depth)}${close}`;
  }
}

/** A key that is no string is written as the JSON of itself. */
export const keyText = (key: Value): string => (typeof key === "string" ? key : new Writer(undefined).write(key));

/** Go's strings: as JSON, with what could end a script written as an escape. */
export function jsonString(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

export const jsonMarshalBuiltins = { "json.marshal_with_options": marshalWithOptions } satisfies Record<string, Builtin>;
