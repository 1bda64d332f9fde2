import { BuiltinError } from "./builtin-error.ts";
import { int64Of, ratioOf } from "./number.ts";
import { compareValues, isArray, isNumber, isObject, isSet, type Value } from "./value.ts";

/**
 * One built-in: values in, a value out; undefined where Rego's own has no answer either. Throws `BuiltinError` where
 * Rego's own raises an error, and where an answer would cost more time or memory than a decision may take.
 */
export type Builtin = (context: HostContext, ...args: Value[]) => Value | undefined;

/** What a built-in may know beside its arguments. */
export interface HostContext {
  /** `input.time.ns`, frozen for the whole decision. Throws `BuiltinError` if the input has none. */
  nowNs(): bigint;
}

export { BuiltinError } from "./builtin-error.ts";

export function stringOf(value: Value | undefined): string {
  if (typeof value !== "string") throw new BuiltinError("wanted a string");
  return value;
}

/** An integer of any size, as OPA's `BigIntOperand` takes it: `1.0` and `1e3` are integers, `1.5` is none. */
export function bigintOf(value: Value | undefined): bigint {
  if (value === undefined || !isNumber(value)) throw new BuiltinError("wanted an integer");
  const { over, under } = ratioOf(value.number);
  if (over % under !== 0n) throw new BuiltinError("wanted an integer");
  return over / under;
}

/** A machine integer, as OPA's `IntOperand` takes it. What a double cannot hold exactly is refused. */
export function integerOf(value: Value | undefined): number {
  const found = value !== undefined && isNumber(value) ? int64Of(value.number) : undefined;
  if (found === undefined) throw new BuiltinError("wanted an integer");
  if (!Number.isSafeInteger(Number(found))) throw new BuiltinError("the integer is too large");
  return Number(found);
}

/** The elements of an array, or of a set in their order. */
export function elementsOf(value: Value | undefined): readonly Value[] {
  if (value !== undefined && isArray(value)) return value;
  if (value !== undefined && isSet(value)) return value.set.toSorted(compareValues);
  throw new BuiltinError("wanted an array or a set");
}

export function entriesOf(value: Value | undefined): readonly (readonly [Value, Value])[] {
  if (value === undefined || !isObject(value)) throw new BuiltinError("wanted an object");
  return value.entries;
}

/** A set in Rego's order, each element once. */
export function setOf(values: readonly Value[]): Value {
  const sorted = values.toSorted(compareValues);
  return { set: sorted.filter((value, index) => index === 0 || compareValues(sorted[index - 1] ?? null, value) !== 0) };
}

/** Characters that one answer may have. Longer ones come from arguments that multiply (padding, replacements, products). */
export const LONGEST_TEXT = 262_144;

export function boundedText(text: string): string {
  if (text.length > LONGEST_TEXT) throw new BuiltinError("the text is too long");
  return text;
}
