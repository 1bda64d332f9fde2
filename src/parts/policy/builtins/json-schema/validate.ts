import { ratioOf } from "../number.ts";
import { Bounds } from "./bounds.ts";
import { checkArray } from "./check-array.ts";
import { checkCombined } from "./check-combined.ts";
import { checkNumber } from "./check-number.ts";
import { checkObject } from "./check-object.ts";
import { checkText } from "./check-text.ts";
import { isList, isLiteral, isMembers, type Json } from "./document.ts";
import { Outcome, outermost, type Place, type Problem } from "./outcome.ts";
import type { Schema } from "./schema.ts";

/** What the checks of single keywords work with. */
export interface Validation {
  readonly bounds: Bounds;
  /** One schema on one value, apart. */
  judge(schema: Schema, value: Json, place: Place): Outcome;
  /** The same, into an outcome that there is. */
  apply(schema: Schema, value: Json, place: Place, outcome: Outcome): void;
  report(outcome: Outcome, type: string, place: Place, describe: string | Problem["describe"]): void;
}

/** Judges a document as OPA's validator does: the same problems, those of one object in the order of its keys. */
export function validate(schema: Schema, document: Json): readonly Problem[] {
  return new Validator().judge(schema, document, outermost).problems;
}

class Validator implements Validation {
  readonly bounds = new Bounds();

  judge(schema: Schema, value: Json, place: Place): Outcome {
    const outcome = new Outcome();
    this.apply(schema, value, place, outcome);
    return outcome;
  }

  report(outcome: Outcome, type: string, place: Place, describe: string | Problem["describe"]): void {
    this.bounds.problem();
    outcome.problems.push({ type, place, describe: typeof describe === "string" ? () => describe : describe });
    outcome.score -= 2;
  }

  apply(schema: Schema, value: Json, place: Place, outcome: Outcome): void {
    this.bounds.enter();
    if (schema.pass !== undefined) {
      if (!schema.pass) this.report(outcome, "false", place, "False always fails validation");
    } else if (schema.target !== undefined) this.apply(schema.target, value, place, outcome);
    else if (this.#hasType(schema, value, place, outcome)) this.#check(schema, value, place, outcome);
    this.bounds.leave();
  }

  #hasType({ types }: Schema, value: Json, place: Place, outcome: Outcome): boolean {
    const given = typeOf(value);
    if (types.length === 0 || types.includes(given) || (given === "integer" && types.includes("number"))) return true;
    const expected = types.length === 1 ? types[0] : `[${types.join(",")}]`;
    this.report(outcome, "invalid_type", place, `Invalid type. Expected: ${expected}, given: ${given}`);
    return false;
  }

  /** The checks in OPA's order. Each that looks at a value adds one to the score. */
  #check(schema: Schema, value: Json, place: Place, outcome: Outcome): void {
    checkCombined(this, schema, value, place, outcome);
    if (isMembers(value)) checkObject(this, schema, value, place, outcome);
    else if (value !== null && isList(value)) checkArray(this, schema, value, place, outcome);
    else if (value !== null && isLiteral(value)) checkNumber(this, schema, value.number, place, outcome);
    checkText(this, schema, value, place, outcome);
    if (isMembers(value)) {
      for (const [key, child] of schema.properties) {
        const member = value.get(key);
        if (member !== undefined) this.apply(child, member, { name: key, outer: place }, outcome);
      }
    }
    outcome.score++;
  }
}

function typeOf(value: Json): string {
  if (value === null) return "null";
  if (isList(value)) return "array";
  if (isMembers(value)) return "object";
  if (!isLiteral(value)) return typeof value;
  const { over, under } = ratioOf(value.number);
  return over % under === 0n ? "integer" : "number";
}
