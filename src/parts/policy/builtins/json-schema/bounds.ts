import { BuiltinError } from "../builtin.ts";

/** Characters and members that one validation may look at. */
const MOST_WORK = 2_000_000;
const OF_A_SCHEMA = 40;
const MOST_PROBLEMS = 5000;
/** Frames of the validator, which calls itself for every level and every reference. */
const DEEPEST = 300;

/**
 * What one validation may cost. Three attacks: a schema that refers to itself (`{"$ref": "#"}`, or through `anyOf`) never
 * ends, and stops an OPA process; fifty schemas of which each tries the next one twice are 2^50 tries; and a thousand
 * branches that fail at each of a thousand items are a million problems.
 */
export class Bounds {
  #work = MOST_WORK;
  #problems = MOST_PROBLEMS;
  #depth = 0;

  spend(work: number): void {
    this.#work -= work;
    if (this.#work < 0) throw new BuiltinError("json schema: too much work");
  }

  problem(): void {
    if (--this.#problems < 0) throw new BuiltinError("json schema: too many errors");
  }

  enter(): void {
    this.spend(OF_A_SCHEMA);
    if (++this.#depth > DEEPEST) throw new BuiltinError("json schema: too deep");
  }

  leave(): void {
    this.#depth--;
  }
}
