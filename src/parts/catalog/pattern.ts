/** A compiled pattern of a schema. */
export interface Pattern {
  readonly test: (text: string) => boolean;
}

/** Texts up to this length are matched by any pattern. */
const LONGEST_TEXT = 4096;

/**
 * Compiles a pattern of a tool's schema. Patterns come from servers, texts from callers, and this engine backtracks: a
 * pattern as common as `[\w-]*[\w]@` takes time by the square of the text. So a text beyond a few thousand characters
 * fits only a pattern that one pass decides, and is refused by the others.
 */
export function compilePattern(pattern: string, flags: string): Pattern {
  const expression = expressionOf(pattern, flags);
  if (isOnePass(pattern)) return expression;
  return { test: (text) => text.length <= LONGEST_TEXT && expression.test(text) };
}

/** Patterns are Unicode expressions by the specification; servers also send ones that only the older syntax allows, e.g. `[\w-.]`. */
function expressionOf(pattern: string, flags: string): RegExp {
  try {
    return new RegExp(pattern, flags);
  } catch {
    return new RegExp(pattern);
  }
}

/** No unbounded repetition and no counted group, or one in a pattern that starts at the start and has neither groups nor alternatives. Errs to no. */
function isOnePass(pattern: string): boolean {
  const repetitions = pattern.match(/[*+]|\{\d+,\}/g)?.length ?? 0;
  if (/\)\{/.test(pattern)) return false;
  return repetitions === 0 || (repetitions === 1 && pattern.startsWith("^") && !/[(|]|\\\d|\\k/.test(pattern));
}
