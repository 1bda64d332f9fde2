import { canonicalText, type Json } from "./document.ts";
import { hasFormat } from "./formats.ts";
import type { Outcome, Place } from "./outcome.ts";
import { searched } from "./patterns.ts";
import type { Schema } from "./schema.ts";
import type { Validation } from "./validate.ts";

/** `const`, `enum` and `format`, which every value meets, and then what only texts meet. */
export function checkText(run: Validation, schema: Schema, value: Json, place: Place, outcome: Outcome): void {
  const { constant, choices, format, pattern, minLength, maxLength } = schema;
  if (constant !== undefined || choices !== undefined) {
    const text = canonicalText(value);
    run.bounds.spend(text.length + (choices?.length ?? 0));
    if (constant !== undefined && text !== constant) {
      run.report(outcome, "const", place, (field) => `${field} does not match: ${constant}`);
    }
    if (choices !== undefined && !choices.includes(text)) {
      run.report(outcome, "enum", place, (field) => `${field} must be one of the following: ${choices.join(", ")}`);
    }
  }
  if (typeof value === "string") run.bounds.spend(value.length);
  if (format !== "" && typeof value === "string" && !hasFormat(format, value)) {
    run.report(outcome, "format", place, `Does not match format '${format}'`);
  }
  outcome.score++;
  if (typeof value !== "string") return;
  const length = BigInt(lengthOf(value));
  if (minLength !== undefined && length < minLength) {
    run.report(outcome, "string_gte", place, `String length must be greater than or equal to ${minLength}`);
  }
  if (maxLength !== undefined && length > maxLength) {
    run.report(outcome, "string_lte", place, `String length must be less than or equal to ${maxLength}`);
  }
  if (pattern !== undefined && !searched(run.bounds, pattern, value)) {
    run.report(outcome, "pattern", place, `Does not match pattern '${pattern}'`);
  }
  outcome.score++;
}

/** In code points. */
function lengthOf(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}
