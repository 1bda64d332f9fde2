import { BuiltinError } from "./builtin.ts";
import { quote } from "./go-quote.ts";
import { compareValues, isArray, isNumber, isObject, isSet, type Value } from "./value.ts";

/** A term as OPA prints it: sorted, with `, ` between elements. */
export function termText(value: Value): string {
  if (typeof value === "string") return quote(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (isNumber(value)) return value.number;
  if (isArray(value)) return `[${value.map(termText).join(", ")}]`;
  if (isSet(value)) return value.set.length === 0 ? "set()" : `{${value.set.toSorted(compareValues).map(termText).join(", ")}}`;
  if (!isObject(value)) throw new BuiltinError("not a value");
  const entries = value.entries.toSorted((a, b) => compareValues(a[0], b[0]));
  return `{${entries.map(([key, member]) => `${termText(key)}: ${termText(member)}`).join(", ")}}`;
}
