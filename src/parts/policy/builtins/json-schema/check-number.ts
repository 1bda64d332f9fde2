import { BuiltinError } from "../builtin.ts";
import { ratioOf } from "../number.ts";
import type { Outcome, Place } from "./outcome.ts";
import type { Schema } from "./schema.ts";
import type { Validation } from "./validate.ts";

export function checkNumber(run: Validation, schema: Schema, literal: string, place: Place, outcome: Outcome): void {
  run.bounds.spend(literal.length);
  const { multipleOf, maximum, exclusiveMaximum, minimum, exclusiveMinimum } = schema;
  if (multipleOf !== undefined) {
    const [value, unit] = [ratioOf(literal), ratioOf(multipleOf)];
    if ((value.over * unit.under) % (value.under * unit.over) !== 0n) {
      run.report(outcome, "multiple_of", place, () => `Must be a multiple of ${numberText(multipleOf)}`);
    }
  }
  if (maximum !== undefined && compared(literal, maximum) > 0) {
    run.report(outcome, "number_lte", place, () => `Must be less than or equal to ${numberText(maximum)}`);
  }
  if (exclusiveMaximum !== undefined && compared(literal, exclusiveMaximum) >= 0) {
    run.report(outcome, "number_lt", place, () => `Must be less than ${numberText(exclusiveMaximum)}`);
  }
  if (minimum !== undefined && compared(literal, minimum) < 0) {
    run.report(outcome, "number_gte", place, () => `Must be greater than or equal to ${numberText(minimum)}`);
  }
  if (exclusiveMinimum !== undefined && compared(literal, exclusiveMinimum) <= 0) {
    run.report(outcome, "number_gt", place, () => `Must be greater than ${numberText(exclusiveMinimum)}`);
  }
  outcome.score++;
}

function compared(a: string, b: string): number {
  const [left, right] = [ratioOf(a), ratioOf(b)];
  const difference = left.over * right.under - right.over * left.under;
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}

/** Digits that a binary number of at least 64 bits, which Go prints, holds without rounding. */
const MOST_DIGITS = 18;

/** Go's `%g` of the number: as few digits as it takes, an exponent from a million on and below a ten-thousandth. */
function numberText(literal: string): string {
  const [, sign = "", whole = "", fraction = "", power = "0"] = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?$/.exec(literal) ?? [];
  const all = (whole + fraction).replace(/^0+/, "");
  const digits = all.replace(/0+$/, "");
  if (digits === "") return "0";
  if (digits.length > MOST_DIGITS) throw new BuiltinError("json schema: a number with too many digits to be told");
  const point = all.length - fraction.length + Number(power);
  const exponent = point - 1;
  if (exponent < -4 || exponent >= 6) {
    const rest = digits.length > 1 ? `.${digits.slice(1)}` : "";
    return `${sign}${digits.charAt(0)}${rest}e${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  const shown = digits.padEnd(point, "0");
  return `${sign}${shown.slice(0, point)}${shown.length > point ? `.${shown.slice(point)}` : ""}`;
}
