import { isMembers, type Json } from "./document.ts";
import type { Outcome, Place } from "./outcome.ts";
import type { Schema } from "./schema.ts";
import type { Validation } from "./validate.ts";

/** `anyOf`, `oneOf`, `allOf`, `not`, `dependencies` and `if`. */
export function checkCombined(run: Validation, schema: Schema, value: Json, place: Place, outcome: Outcome): void {
  checkBranches(run, schema, value, place, outcome);
  if (schema.allOf.length > 0) {
    const parts = schema.allOf.map((part) => {
      const found = run.judge(part, value, place);
      outcome.merge(found);
      return found.valid;
    });
    if (parts.includes(false)) run.report(outcome, "number_all_of", place, "Must validate all the schemas (allOf)");
  }
  if (schema.not !== undefined && run.judge(schema.not, value, place).valid) {
    run.report(outcome, "number_not", place, "Must not validate the schema (not)");
  }
  checkDependencies(run, schema, value, place, outcome);
  checkCondition(run, schema, value, place, outcome);
  outcome.score++;
}

function checkBranches(run: Validation, schema: Schema, value: Json, place: Place, outcome: Outcome): void {
  if (schema.anyOf.length > 0) {
    const { valid, best } = tried(run, schema.anyOf, value, place, true);
    if (valid === 0) {
      run.report(outcome, "number_any_of", place, "Must validate at least one schema (anyOf)");
      if (best !== undefined) outcome.merge(best);
    }
  }
  if (schema.oneOf.length > 0) {
    const { valid, best } = tried(run, schema.oneOf, value, place, false);
    if (valid !== 1) {
      run.report(outcome, "number_one_of", place, "Must validate one and only one schema (oneOf)");
      if (valid === 0 && best !== undefined) outcome.merge(best);
    }
  }
}

interface Tried {
  readonly valid: number;
  /** The first of those that failed with the highest score. */
  readonly best: Outcome | undefined;
}

function tried(run: Validation, branches: readonly Schema[], value: Json, place: Place, untilValid: boolean): Tried {
  let valid = 0;
  let best: Outcome | undefined;
  for (const branch of branches) {
    const found = run.judge(branch, value, place);
    if (found.valid) valid++;
    else if (best === undefined || found.score > best.score) best = found;
    if (valid > 0 && untilValid) break;
  }
  return { valid, best };
}

function checkDependencies(run: Validation, { dependencies }: Schema, value: Json, place: Place, outcome: Outcome): void {
  if (dependencies.size === 0 || value === null || !isMembers(value)) return;
  for (const [key, dependency] of dependencies) {
    if (!value.has(key)) continue;
    if (!Array.isArray(dependency)) {
      run.apply(dependency as Schema, value, place, outcome);
      continue;
    }
    run.bounds.spend(dependency.length);
    for (const name of dependency) {
      if (!value.has(name)) run.report(outcome, "missing_dependency", place, `Has a dependency on ${name}`);
    }
  }
}

function checkCondition(run: Validation, { condition }: Schema, value: Json, place: Place, outcome: Outcome): void {
  if (condition === undefined) return;
  const holds = run.judge(condition.test, value, place).valid;
  const then = holds ? condition.yes : condition.no;
  if (then === undefined) return;
  const found = run.judge(then, value, place);
  if (found.valid) return;
  if (holds) run.report(outcome, "condition_then", place, 'Must validate "then" as "if" was valid');
  else run.report(outcome, "condition_else", place, 'Must validate "else" as "if" was not valid');
  outcome.merge(found);
}
