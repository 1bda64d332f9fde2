import { BuiltinError } from "../builtin.ts";
import { compilePattern, findMatches, NotAPattern } from "../regex-search.ts";
import type { Bounds } from "./bounds.ts";

/** What RE2 takes and its port does not: one name for two groups, and properties in other spellings. */
const portMayBeWrong = /\(\?P?<|\\[pP]/;

/** Whether a text is a regular expression of RE2. Throws `BuiltinError` where the port of it cannot tell. */
export function patternIsValid(pattern: string): boolean {
  try {
    compilePattern(pattern);
    return true;
  } catch (error) {
    if (!(error instanceof NotAPattern)) throw error;
    if (portMayBeWrong.test(pattern)) throw new BuiltinError("json schema: a pattern that RE2 may take");
    return false;
  }
}

/** A search costs as much as the text times the program in the worst case; all of a validation share one budget. */
export function searched(bounds: Bounds, pattern: string, text: string): boolean {
  bounds.spend(text.length * compilePattern(pattern).programSize());
  return findMatches(pattern, text, 1).length > 0;
}
