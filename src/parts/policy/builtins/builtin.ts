import { compareValues, isArray, isNumber, isObject, isSet, type Value } from "./value.ts";

/** One built-in: values in, a value out. Throws `BuiltinError` where Rego's own raises an error. */
export type Builtin = (context: HostContext, ...args: Value[]) => Value;

/** What a built-in may know beside its arguments. */
export interface HostContext {
  /** `input.time.ns`, frozen for the whole decision. Throws `BuiltinError` if the input has none. */
  nowNs(): bigint;
}

/** Why a built-in gave no value. It never reaches a caller: the decision becomes `policy.builtin_error`. */
export class BuiltinError extends Error {}

export function stringOf(value: Value | undefined): string {
  if (typeof value !== "string") throw new BuiltinError("wanted a string");
  return value;
}

const decimalInteger = /^-?\d+$/;

export function bigintOf(value: Value | undefined): bigint {
  if (value === undefined || !isNumber(value) || !decimalInteger.test(value.number)) throw new BuiltinError("wanted an integer");
  return BigInt(value.number);
}

/** An integer that a double holds exactly. */
export function integerOf(value: Value | undefined): number {
  const found = Number(bigintOf(value));
  if (!Number.isSafeInteger(found)) throw new BuiltinError("the integer is too large");
  return found;
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
