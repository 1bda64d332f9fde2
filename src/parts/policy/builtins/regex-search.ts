import { Matcher, MatcherInput, RE2JS, RE2JSException } from "re2js";
import { BuiltinError } from "./builtin.ts";
import { isYoungerThanGo } from "./printable.ts";

/** Where a match and its groups begin and end, in UTF-16 units; -1 twice for a group that took no part. */
export type Match = readonly number[];

/** Steps of one call. A pattern such as `.*b|a` looks at the whole rest of the text for every `a`: linear a match, not a call. */
const MOST_READS = 600_000;
/** The same, where each character costs as much as the program is long. */
const MOST_WORK = 4_000_000;
/** What each search costs before it reads anything. */
const READS_OF_A_SEARCH = 16;
const LONGEST_PATTERN = 4096;
const PATTERNS_KEPT = 100;

/** A text that counts how often it is looked at: the engine cannot be interrupted, but it can be made to throw. */
class CountedText extends String {
  #left: number;

  constructor(text: string, reads: number) {
    super(text);
    this.#left = reads;
  }

  spend(reads: number): void {
    this.#left -= reads;
    if (this.#left < 0) throw new BuiltinError("the regular expression takes too many steps on this text");
  }

  override charCodeAt(at: number): number {
    this.spend(1);
    return super.charCodeAt(at);
  }
}

/** The text is no pattern of RE2, or none that its port knows. */
export class NotAPattern extends BuiltinError {}

const compiled = new Map<string, RE2JS>();

/** Throws `NotAPattern`, and a plain `BuiltinError` for what is too long to be tried. */
export function compilePattern(pattern: string): RE2JS {
  const kept = compiled.get(pattern);
  if (kept !== undefined) return kept;
  if (pattern.length > LONGEST_PATTERN) throw new BuiltinError("the regular expression is too long");
  let made: RE2JS;
  try {
    made = RE2JS.compile(pattern.toWellFormed());
  } catch (error) {
    if (error instanceof RE2JSException) throw new NotAPattern("not a regular expression");
    throw error;
  }
  if (compiled.size >= PATTERNS_KEPT) compiled.clear();
  compiled.set(pattern, made);
  return made;
}

/** What may ask the tables of Unicode: classes by property, and letters of either case. */
const asksUnicode = /\\[pP]|\(\?[a-zA-Z]*i/;

/** The tables that OPA is built with are older than ours: a character that they do not know alike is refused, not guessed. */
function refuseYoungCharacters(pattern: string, text: string): void {
  if (!asksUnicode.test(pattern)) return;
  for (const char of text) {
    if (isYoungerThanGo(char.codePointAt(0) ?? 0)) throw new BuiltinError("the text has a character that is too new");
  }
}

/** Up to `limit` matches as Go's `FindAll…Index` gives them: an empty match right behind another one does not count. */
export function findMatches(pattern: string, subject: string, limit: number): readonly Match[] {
  const expression = compilePattern(pattern);
  const text = subject.toWellFormed();
  refuseYoungCharacters(pattern, text);
  const counted = new CountedText(text, Math.min(MOST_READS, Math.floor(MOST_WORK / expression.programSize())));
  const matcher = new Matcher(expression, MatcherInput.utf16(counted));
  const found: Match[] = [];
  let position = 0;
  let previousEnd = -1;
  while (found.length < limit && position <= text.length) {
    counted.spend(READS_OF_A_SEARCH);
    if (!findFrom(matcher, position, pattern)) break;
    const match = groupsOf(matcher);
    const [start = 0, end = 0] = match;
    const accepted = end !== position || start !== previousEnd;
    position = end === position ? position + widthAt(text, position) : end;
    previousEnd = end;
    if (accepted) found.push(match);
  }
  return found;
}

function findFrom(matcher: Matcher, position: number, pattern: string): boolean {
  try {
    return matcher.find(position);
  } catch (error) {
    // The engine was left in the middle of its work.
    compiled.delete(pattern);
    throw error;
  }
}

function groupsOf(matcher: Matcher): Match {
  const bounds: number[] = [];
  for (let group = 0; group <= matcher.groupCount(); group++) bounds.push(matcher.start(group), matcher.end(group));
  return bounds;
}

/** How far the next character goes; one step behind the end. */
function widthAt(text: string, at: number): number {
  const code = text.codePointAt(at);
  return code !== undefined && code > 0xffff ? 2 : 1;
}
