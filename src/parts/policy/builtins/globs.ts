import { BuiltinError } from "./builtin.ts";

/** What one place of a glob may hold, and how often: once, `+` or `*`. */
interface Token {
  /** Ranges of code points, in order and apart; undefined for the dot, which is anything. */
  readonly ranges: readonly Range[] | undefined;
  readonly isSet: boolean;
  readonly flag: "" | "+" | "*";
}

type Range = readonly [first: number, last: number];
type Glob = readonly Token[];

/**
 * Whether a text exists that both globs match, as `github.com/yashtewari/glob-intersection` answers it for OPA, with its
 * shortcuts. Its search backtracks without bound (`a*a*a*…` on itself); here no question is asked twice.
 */
export function globsMatch(first: string, second: string): boolean {
  const trimmed = trim(simplify(tokensOf(first)), simplify(tokensOf(second)));
  return trimmed !== undefined && new Search(trimmed[0], trimmed[1]).normal(0, 0);
}

const invalid = (): BuiltinError => new BuiltinError("regex.globs_match: the input provided is invalid");

/** Reads one character and whether a backslash stood before it. */
class Reader {
  readonly #chars: readonly string[];
  at = 0;

  constructor(text: string) {
    this.#chars = Array.from(text.toWellFormed());
  }

  get ended(): boolean {
    return this.at >= this.#chars.length;
  }

  get left(): number {
    return this.#chars.length - this.at;
  }

  next(): { readonly char: string; readonly escaped: boolean } {
    const char = this.#chars[this.at] ?? "";
    if (char !== "\\") {
      this.at++;
      return { char, escaped: false };
    }
    if (this.left < 2) throw invalid();
    this.at += 2;
    return { char: this.#chars[this.at - 1] ?? "", escaped: true };
  }
}

const codeOf = (char: string): number => char.codePointAt(0) ?? 0;

function tokensOf(text: string): readonly Token[] {
  const reader = new Reader(text);
  const tokens: Token[] = [];
  while (!reader.ended) {
    const { char, escaped } = reader.next();
    const isSet = !escaped && char === "[";
    if (!escaped && "]+*".includes(char)) throw invalid();
    const ranges = isSet ? setOf(reader) : !escaped && char === "." ? undefined : [[codeOf(char), codeOf(char)] as const];
    tokens.push({ ranges, isSet, flag: flagOf(reader) });
  }
  return tokens;
}

function flagOf(reader: Reader): Token["flag"] {
  if (reader.ended) return "";
  const start = reader.at;
  const { char, escaped } = reader.next();
  if (!escaped && (char === "+" || char === "*")) return char;
  reader.at = start;
  return "";
}

function setOf(reader: Reader): readonly Range[] {
  const ranges: Range[] = [];
  let previous: number | undefined;
  while (!reader.ended) {
    const { char, escaped } = reader.next();
    if (!escaped && char === "]") return merged(ranges);
    if (escaped || char !== "-") {
      previous = codeOf(char);
      ranges.push([previous, previous]);
      continue;
    }
    if (previous === undefined || reader.left < 2) throw invalid();
    const last = reader.next();
    if ((!last.escaped && (last.char === "]" || last.char === "-")) || codeOf(last.char) < previous) throw invalid();
    ranges.push([previous, codeOf(last.char)]);
    previous = undefined;
  }
  throw invalid();
}

function merged(ranges: readonly Range[]): readonly Range[] {
  const out: Range[] = [];
  for (const [first, last] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const before = out.at(-1);
    if (before !== undefined && first <= before[1] + 1) out[out.length - 1] = [before[0], Math.max(before[1], last)];
    else out.push([first, last]);
  }
  return out;
}

/** `a*a*` is `a*`, and `a*a+` is `a+`. */
function simplify(tokens: readonly Token[]): Glob {
  const simple: Token[] = [];
  for (const token of tokens) {
    const latest = simple.at(-1);
    if (latest === undefined || token.flag === "" || latest.flag === "" || !same(token, latest)) simple.push(token);
    else simple[simple.length - 1] = { ...latest, flag: token.flag === "+" || latest.flag === "+" ? "+" : "*" };
  }
  return simple;
}

const same = (a: Token, b: Token): boolean => a.isSet === b.isSet && JSON.stringify(a.ranges) === JSON.stringify(b.ranges);

function matches(a: Token, b: Token): boolean {
  // The dot takes anything, even the empty set.
  if (a.ranges === undefined || b.ranges === undefined) return true;
  return a.ranges.some(([first, last]) => b.ranges?.some((other) => first <= other[1] && other[0] <= last) === true);
}

/** Cuts what both begin and end with, but for one token each. Undefined where they cannot meet. */
function trim(a: Glob, b: Glob): readonly [Glob, Glob] | undefined {
  const both = (i: number, j: number): boolean | undefined => {
    const [x, y] = [a[i], b[j]];
    return x === undefined || y === undefined || x.flag !== "" || y.flag !== "" ? undefined : matches(x, y);
  };
  let left = 0;
  for (let met = both(left, left); met !== undefined; met = both(left, left)) {
    if (!met) return undefined;
    left++;
  }
  if (left > 0) left--;
  let [i, j] = [a.length - 1, b.length - 1];
  for (; i >= left && j >= left; i--, j--) {
    const met = both(i, j);
    if (met === undefined) break;
    if (!met) return undefined;
  }
  if (i < a.length - 1) [i, j] = [i + 1, j + 1];
  return [a.slice(left, i + 1), b.slice(left, j + 1)];
}

const MOST_STEPS = 1_000_000;

/** The search over suffixes: a state is a place in each glob, and which of the two is looked at as the flagged one. */
class Search {
  readonly #globs: readonly [Glob, Glob];
  readonly #known = new Map<string, boolean>();
  #steps = 0;

  constructor(a: Glob, b: Glob) {
    this.#globs = [a, b];
  }

  #once(question: string, answer: () => boolean): boolean {
    const known = this.#known.get(question);
    if (known !== undefined) return known;
    const found = answer();
    this.#known.set(question, found);
    return found;
  }

  /** Suffixes from place `i` of the first glob and place `j` of the second. */
  normal(i: number, j: number): boolean {
    return this.#once(`n${i},${j}`, () => {
      const [a, b] = this.#globs;
      let [x, y] = [i, j];
      for (let [p, q] = [a[x], b[y]]; p !== undefined && q !== undefined; [p, q] = [a[++x], b[++y]]) {
        this.#step();
        if (p.flag !== "") return p.flag === "+" ? this.#plus(0, x, y) : this.#star(0, x, y);
        if (q.flag !== "") return q.flag === "+" ? this.#plus(1, y, x) : this.#star(1, y, x);
        if (!matches(p, q)) return false;
      }
      return x === a.length && y === b.length;
    });
  }

  #ordered(flagged: 0 | 1, i: number, j: number): boolean {
    return flagged === 0 ? this.normal(i, j) : this.normal(j, i);
  }

  #plus(flagged: 0 | 1, i: number, j: number): boolean {
    const token = this.#globs[flagged][i];
    const other = this.#globs[flagged === 0 ? 1 : 0][j];
    if (token === undefined || other === undefined || !matches(token, other)) return false;
    if (this.#star(flagged, i, j + 1)) return true;
    return other.flag !== "" && this.#ordered(flagged, i + 1, j);
  }

  #star(flagged: 0 | 1, i: number, j: number): boolean {
    return this.#once(`s${flagged},${i},${j}`, () => {
      const glob = this.#globs[flagged];
      const other = this.#globs[flagged === 0 ? 1 : 0];
      const [token, next] = [glob[i], glob[i + 1]];
      for (let at = j; at < other.length; at++) {
        this.#step();
        const here = other[at];
        if (token === undefined || here === undefined) return false;
        if (next !== undefined && matches(here, next) && this.#ordered(flagged, i + 1, at)) return true;
        if (!matches(here, token)) return false;
      }
      return next === undefined;
    });
  }

  #step(): void {
    if (++this.#steps > MOST_STEPS) throw new BuiltinError("regex.globs_match: the patterns take too many steps");
  }
}
