import { type Builtin, BuiltinError, integerOf } from "./builtin.ts";
import { compareValues, isArray, isObject, isSet, numberOf, type Value, type ValueObject } from "./value.ts";

const same = (a: Value, b: Value): boolean => compareValues(a, b) === 0;

const objectSubset: Builtin = (_, whole, part) => {
  const answer = whole === undefined || part === undefined ? undefined : contains(whole, part);
  if (answer === undefined) throw new BuiltinError("object.subset: wanted two objects, sets or arrays");
  return answer;
};

/** Undefined where the two cannot be compared. */
function contains(whole: Value, part: Value): boolean | undefined {
  if (isObject(whole) && isObject(part)) return objectContains(whole, part);
  if (isSet(whole) && isSet(part)) return part.set.every((wanted) => whole.set.some((found) => same(found, wanted)));
  if (isArray(whole) && isArray(part)) return arrayContains(whole, part);
  return undefined;
}

function objectContains(whole: ValueObject, part: ValueObject): boolean {
  return part.entries.every(([key, wanted]) => {
    const found = whole.entries.find(([other]) => same(other, key));
    return found !== undefined && (same(found[1], wanted) || contains(found[1], wanted) === true);
  });
}

/** An array holds another one where its elements stand in it without a gap. */
function arrayContains(whole: readonly Value[], part: readonly Value[]): boolean {
  for (let at = 0; at + part.length <= whole.length; at++) {
    if (part.every((wanted, offset) => same(whole[at + offset] ?? null, wanted))) return true;
  }
  return false;
}

const LONGEST_RANGE = 10_000;

const rangeStep: Builtin = (_, from, to, by) => {
  const [first, last, step] = [integerOf(from), integerOf(to), integerOf(by)];
  if (step <= 0) throw new BuiltinError("numbers.range_step: step must be a positive integer");
  const length = Math.floor(Math.abs(last - first) / step) + 1;
  if (length > LONGEST_RANGE) throw new BuiltinError("numbers.range_step: the range is too long");
  const direction = first <= last ? step : -step;
  return Array.from({ length }, (_unused, index) => numberOf(first + index * direction));
};

export const collectionBuiltins = { "object.subset": objectSubset, "numbers.range_step": rangeStep } satisfies Record<string, Builtin>;
