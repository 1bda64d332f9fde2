import { RE2JS } from "re2js";

/** A pattern that OPA selects tests by and that cases are selected by here: RE2, which is what both have in common. */
export function readPattern(text: string): RegExp | undefined {
  try {
    RE2JS.compile(text);
    return new RegExp(text);
  } catch {
    return undefined;
  }
}
