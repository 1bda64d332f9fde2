import type { Json, Members } from "./document.ts";
import type { Outcome, Place } from "./outcome.ts";
import { searched } from "./patterns.ts";
import { Schema } from "./schema.ts";
import type { Validation } from "./validate.ts";

export function checkObject(run: Validation, schema: Schema, value: Members, place: Place, outcome: Outcome): void {
  const { minProperties: least, maxProperties: most } = schema;
  run.bounds.spend(value.size + schema.required.length);
  if (least !== undefined && BigInt(value.size) < least) {
    run.report(outcome, "array_min_properties", place, `Must have at least ${least} properties`);
  }
  if (most !== undefined && BigInt(value.size) > most) {
    run.report(outcome, "array_max_properties", place, `Must have at most ${most} properties`);
  }
  for (const name of schema.required) {
    if (value.has(name)) outcome.score++;
    else run.report(outcome, "required", place, `${name} is required`);
  }
  for (const [key, member] of value) checkMember(run, schema, key, member, place, outcome);
  if (schema.propertyNames !== undefined) {
    for (const key of value.keys()) {
      const found = run.judge(schema.propertyNames, key, place);
      if (found.valid) continue;
      run.report(outcome, "invalid_property_name", place, `Property name of "${key}" does not match`);
      outcome.merge(found);
    }
  }
  outcome.score++;
}

/** Patterns, and what is left for `additionalProperties`. */
function checkMember(run: Validation, schema: Schema, key: string, member: Json, place: Place, outcome: Outcome): void {
  const inner = { name: key, outer: place };
  let matched = false;
  for (const [pattern, child] of schema.patternProperties) {
    if (!searched(run.bounds, pattern, key)) continue;
    matched = true;
    outcome.merge(run.judge(child, member, inner));
  }
  if (matched) outcome.score++;
  if (matched || schema.properties.has(key)) return;
  const { additionalProperties } = schema;
  if (additionalProperties instanceof Schema) outcome.merge(run.judge(additionalProperties, member, inner));
  else if (!additionalProperties) {
    run.report(outcome, "additional_property_not_allowed", place, `Additional property ${key} is not allowed`);
  }
}
