import { type Builtin, BuiltinError, boundedText, integerOf, stringOf } from "./builtin.ts";
import { globsMatch } from "./globs.ts";
import { compilePattern, findMatches, type Match } from "./regex-search.ts";
import type { Value } from "./value.ts";

/*
 * The functions on regular expressions that a module of OPA does not bring, on re2js, the port of the engine that OPA itself
 * uses. `regex.match`, `is_valid` and `find_all_string_submatch_n` run inside the module.
 */

const groupText = (text: string, match: Match, group: number): string => {
  const start = match[2 * group] ?? -1;
  return start < 0 ? "" : text.slice(start, match[2 * group + 1]);
};

const findN: Builtin = (_, pattern, subject, limit) => {
  const text = stringOf(subject).toWellFormed();
  const count = integerOf(limit);
  return findMatches(stringOf(pattern), text, count < 0 ? Number.POSITIVE_INFINITY : count).map((match) => groupText(text, match, 0));
};

const split: Builtin = (_, pattern, subject) => {
  const expression = stringOf(pattern);
  const text = stringOf(subject).toWellFormed();
  const matches = findMatches(expression, text, Number.POSITIVE_INFINITY);
  if (text === "" && expression !== "") return [""];
  const parts: Value[] = [];
  let begin = 0;
  let end = 0;
  for (const [start = 0, stop = 0] of matches) {
    end = start;
    if (stop !== 0) parts.push(text.slice(begin, end));
    begin = stop;
  }
  if (end !== text.length) parts.push(text.slice(begin));
  return parts;
};

const replace: Builtin = (_, base, pattern, value) => {
  const text = stringOf(base).toWellFormed();
  const expression = stringOf(pattern);
  const template = readTemplate(stringOf(value).toWellFormed());
  const names = groupNames(expression);
  let out = "";
  let last = 0;
  for (const match of findMatches(expression, text, Number.POSITIVE_INFINITY)) {
    out += text.slice(last, match[0]);
    for (const piece of template) out += typeof piece === "string" ? piece : expand(piece, names, text, match);
    last = match[1] ?? last;
    // A long replacement for each character of a long text multiplies.
    boundedText(out);
  }
  return boundedText(out + text.slice(last));
};

/** A group by its number or by its name. */
interface GroupReference {
  readonly group: number | string;
}

type Template = readonly (string | GroupReference)[];

const reference = /^(?:\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/u;

/** Go's template: `$1`, `${1}`, `$name`, `${name}`, and `$$`. A `$` that begins none of them stands for itself. */
function readTemplate(text: string): Template {
  const pieces: (string | GroupReference)[] = [];
  let rest = text;
  for (let at = rest.indexOf("$"); at >= 0; at = rest.indexOf("$")) {
    pieces.push(rest.slice(0, at));
    rest = rest.slice(at + 1);
    if (rest.startsWith("$")) {
      pieces.push("$");
      rest = rest.slice(1);
      continue;
    }
    const found = reference.exec(rest);
    if (found === null) {
      pieces.push("$");
      continue;
    }
    const name = found[1] ?? found[2] ?? "";
    pieces.push({ group: /^(?:0|[1-9]\d{0,8})$/.test(name) ? Number(name) : name });
    rest = rest.slice(found[0].length);
  }
  return [...pieces, rest];
}

function expand({ group }: GroupReference, names: Readonly<Record<string, number>>, text: string, match: Match): string {
  const index = typeof group === "number" ? group : Object.hasOwn(names, group) ? names[group] : undefined;
  return index === undefined || 2 * index >= match.length ? "" : groupText(text, match, index);
}

const groupNames = (pattern: string): Readonly<Record<string, number>> => compilePattern(pattern).namedGroups();

const special = /[\\.+*?()|[\]{}^$]/g;

/** `urn:<[a-z]+>:x`: patterns between two delimiters, literal text around them. */
const templateMatch: Builtin = (_, template, subject, start, end) => {
  const [open, close] = [stringOf(start), stringOf(end)];
  if (Buffer.byteLength(open) !== 1 || Buffer.byteLength(close) !== 1) {
    throw new BuiltinError("regex.template_match: a delimiter must be one character");
  }
  const pattern = patternOf(stringOf(template), open, close);
  return findMatches(pattern, stringOf(subject), 1).length > 0;
};

function patternOf(template: string, open: string, close: string): string {
  let level = 0;
  let begin = 0;
  let end = 0;
  let pattern = "^";
  for (let at = 0; at < template.length; at++) {
    const char = template[at];
    // Where both delimiters are the same character every one of them opens, as in OPA.
    if (char === open) {
      if (++level === 1) begin = at;
    } else if (char === close) {
      if (--level < 0) throw new BuiltinError("regex.template_match: unbalanced delimiters");
      if (level > 0) continue;
      const inner = template.slice(begin + 1, at);
      compilePattern(`^${inner}$`);
      pattern += `${quoted(template.slice(end, begin))}(${inner})`;
      end = at + 1;
    }
  }
  if (level !== 0) throw new BuiltinError("regex.template_match: unbalanced delimiters");
  return `${pattern}${quoted(template.slice(end))}$`;
}

const quoted = (text: string): string => text.replace(special, "\\$&");

const LONGEST_GLOB = 1000;

const globs: Builtin = (_, first, second) => {
  const [a, b] = [stringOf(first), stringOf(second)];
  if (a.length > LONGEST_GLOB || b.length > LONGEST_GLOB) throw new BuiltinError("regex.globs_match: the pattern is too long");
  return globsMatch(a, b);
};

export const regexBuiltins = {
  "regex.find_n": findN,
  "regex.split": split,
  "regex.replace": replace,
  "regex.template_match": templateMatch,
  "regex.globs_match": globs,
} satisfies Record<string, Builtin>;
