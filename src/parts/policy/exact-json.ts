/** JSON where an integer that a double cannot hold is a bigint. */
export type ExactJson =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly ExactJson[]
  | {
      readonly [key: string]: ExactJson;
    };

const integer = /^-?\d+$/;

/** Parses JSON without rounding integers: a time in nanoseconds is larger than 2^53. Throws `SyntaxError`. */
export function parseExact(text: string): ExactJson {
  return JSON.parse(text, (_key, value: ExactJson, context?: { readonly source?: string }) => {
    if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
    const source = context?.source;
    return source !== undefined && integer.test(source) ? BigInt(source) : value;
  });
}

/** The member at a path of own keys and array indexes, or undefined. */
export function memberAt(value: ExactJson, path: readonly string[]): ExactJson | undefined {
  let at: ExactJson | undefined = value;
  for (const key of path) {
    // Own and enumerable: a list has a `length` of its own.
    if (typeof at !== "object" || at === null || !Object.prototype.propertyIsEnumerable.call(at, key)) return undefined;
    at = (at as Readonly<Record<string, ExactJson>>)[key];
  }
  return at;
}

/** JSON text of the same value. */
export function writeExact(value: ExactJson): string {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(writeExact).join(",")}]`;
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}:${writeExact(member)}`);
  return `{${members.join(",")}}`;
}
