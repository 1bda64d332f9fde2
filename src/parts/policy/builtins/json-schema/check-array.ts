import { canonicalText, type Json } from "./document.ts";
import type { Outcome, Place } from "./outcome.ts";
import { Schema } from "./schema.ts";
import type { Validation } from "./validate.ts";

export function checkArray(run: Validation, schema: Schema, value: readonly Json[], place: Place, outcome: Outcome): void {
  checkItems(run, schema, value, place, outcome);
  const { minItems, maxItems } = schema;
  if (minItems !== undefined && BigInt(value.length) < minItems) {
    run.report(outcome, "array_min_items", place, `Array must have at least ${minItems} items`);
  }
  if (maxItems !== undefined && BigInt(value.length) > maxItems) {
    run.report(outcome, "array_max_items", place, `Array must have at most ${maxItems} items`);
  }
  if (schema.uniqueItems) checkUnique(run, value, place, outcome);
  if (schema.contains !== undefined) checkContains(run, schema.contains, value, place, outcome);
  outcome.score++;
}

const at = (index: number, place: Place): Place => ({ name: String(index), outer: place });

function checkItems(run: Validation, { items, additionalItems }: Schema, value: readonly Json[], place: Place, outcome: Outcome): void {
  if (items instanceof Schema) {
    for (const [index, item] of value.entries()) outcome.merge(run.judge(items, item, at(index, place)));
    return;
  }
  for (const [index, schema] of items.entries()) {
    const item = value[index];
    if (item !== undefined) outcome.merge(run.judge(schema, item, at(index, place)));
  }
  if (items.length === 0 || items.length >= value.length) return;
  if (additionalItems instanceof Schema) {
    for (const [index, item] of value.entries()) {
      if (index >= items.length) outcome.merge(run.judge(additionalItems, item, at(index, place)));
    }
  } else if (!additionalItems) {
    run.report(outcome, "array_no_additional_items", place, "No additional items allowed on array");
  }
}

function checkUnique(run: Validation, value: readonly Json[], place: Place, outcome: Outcome): void {
  const seen = new Map<string, number>();
  for (const [index, item] of value.entries()) {
    const text = canonicalText(item);
    run.bounds.spend(text.length);
    const before = seen.get(text);
    if (before !== undefined) run.report(outcome, "unique", place, `array items[${before},${index}] must be unique`);
    seen.set(text, index);
  }
}

function checkContains(run: Validation, schema: Schema, value: readonly Json[], place: Place, outcome: Outcome): void {
  let best: Outcome | undefined;
  for (const [index, item] of value.entries()) {
    const found = run.judge(schema, item, at(index, place));
    if (found.valid) return;
    if (best === undefined || found.score > best.score) best = found;
  }
  run.report(outcome, "contains", place, "At least one of the items must match");
  if (best !== undefined) outcome.merge(best);
}
