/** One mistake in a file that a person wrote: where, what was found, what was wanted, and what to do about it. */
export interface Mistake {
  /** As the person knows it, e.g. `toolgate.yaml` or `catalog/tools.yaml`. */
  readonly file: string;
  /** Where in the file, e.g. `issuers[0].audience`; empty for the whole file. */
  readonly path: string;
  readonly found: string;
  readonly wanted: string;
  /** A hint, e.g. `did you mean "url"?`. */
  readonly remedy?: string;
  /** Counted from 1. */
  readonly line?: number;
  /** The check that found it, where it is one of a list: see docs/policy/checks.md. */
  readonly check?: string;
  /** What would happen if it were let through, in one sentence. */
  readonly danger?: string;
  /** The author's own lines as they should be. */
  readonly mended?: string;
  /** Others written right, where the author's own cannot be told. */
  readonly example?: string;
}

export interface MistakeStyle {
  /** Colours for a terminal. */
  readonly colour?: boolean;
}

/** Tells all mistakes, file by file in order of their lines, as a colleague would. Ends with a newline. */
export function formatMistakes(mistakes: readonly Mistake[], style: MistakeStyle = {}): string {
  const paint = style.colour === true ? ansi : plain;
  const files = new Map<string, Mistake[]>();
  for (const mistake of mistakes) {
    const list = files.get(mistake.file);
    if (list === undefined) files.set(mistake.file, [mistake]);
    else list.push(mistake);
  }
  const parts: string[] = [];
  for (const [file, list] of files) {
    const count = list.length === 1 ? "1 mistake" : `${list.length} mistakes`;
    const sorted = list.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
    const width = sorted.reduce((widest, { path }) => Math.max(widest, path.length), 0);
    const entries = sorted.map((mistake) => entry(mistake, Math.min(WIDEST_PATH, width), paint));
    parts.push(`${paint.bold(file)} has ${count}.\n\n${entries.join("\n")}`);
  }
  return parts.join("\n");
}

const WIDEST_PATH = 48;

function entry(mistake: Mistake, width: number, paint: Paint): string {
  const where = mistake.path === "" ? "" : `${paint.red(mistake.path)}${" ".repeat(Math.max(0, width - mistake.path.length))}   `;
  const lines = [`  ${where}${oneLine(mistake.found)}`];
  const remedy = mistake.remedy === undefined ? "" : `      ${oneLine(mistake.remedy)}`;
  lines.push(`    ${paint.dim("wanted")}  ${oneLine(mistake.wanted)}${remedy}`);
  if (mistake.danger !== undefined) lines.push(`    ${paint.dim("danger")}  ${oneLine(mistake.danger)}`);
  const [word, text] = mistake.mended === undefined ? ["e.g.  ", mistake.example] : ["mended", mistake.mended];
  for (const [at, line] of (text?.split("\n") ?? []).entries())
    lines.push(`    ${at === 0 ? paint.dim(word) : "      "}  ${oneLine(line.replaceAll("\t", "  "))}`.trimEnd());
  const check = mistake.check === undefined ? "" : `   ${mistake.check}`;
  if (mistake.line !== undefined || check !== "")
    lines.push(`    ${paint.dim(`${mistake.line === undefined ? "" : `line ${mistake.line}`}${check}`.trimStart())}`);
  return `${lines.join("\n")}\n`;
}

interface Paint {
  readonly bold: (text: string) => string;
  readonly red: (text: string) => string;
  readonly dim: (text: string) => string;
}

const same = (text: string): string => text;
const plain: Paint = { bold: same, red: same, dim: same };
const ansi: Paint = {
  bold: (text) => `\u001b[1m${text}\u001b[22m`,
  red: (text) => `\u001b[31m${text}\u001b[39m`,
  dim: (text) => `\u001b[2m${text}\u001b[22m`,
};

/** Control characters of a found value must not reach the terminal that the mistake is shown on. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ");
}

/** `["issuers", 0, "audience"]` → `issuers[0].audience`. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/^[\w*/-]+$/.test(String(step))) text += text === "" ? String(step) : `.${String(step)}`;
    else text += `[${JSON.stringify(String(step))}]`;
  }
  return text;
}

const LONGEST_FOUND = 60;

/** A found value as text, quoted, cut where it is long. What gives access in an address is left out: mistakes are shown, logged and mailed. */
export function foundText(value: unknown): string {
  if (value === undefined) return "missing";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (typeof value === "object" && value !== null) return "a table";
  const text =
    typeof value === "number" ? String(value) : (JSON.stringify(typeof value === "string" ? withoutSecrets(value) : value) ?? typeof value);
  return text.length > LONGEST_FOUND ? `${text.slice(0, LONGEST_FOUND)}…` : text;
}

/** Credentials before a host, and what follows a question mark; a template's `{?name}` gives nothing away. */
function withoutSecrets(text: string): string {
  const [, scheme] = /^([a-z][a-z0-9+.-]*:\/\/)/i.exec(text) ?? [];
  if (scheme === undefined) return text.replace(/^[^\s/:@]*:.*@/s, "…@");
  const rest = text.slice(scheme.length).replace(/^.*@/s, "…@");
  return scheme + rest.replace(/([^{])\?.+$/s, "$1?…");
}

/** `did you mean "url"?` if one of the words is near enough to be what was meant. */
export function didYouMean(word: string, words: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of words) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase(), least);
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best === undefined ? undefined : `did you mean ${JSON.stringify(best)}?`;
}

/** Changes, insertions, deletions and swaps of neighbours that lead from one word to the other; stops looking at `bound`. */
export function editDistance(a: string, b: string, bound = Number.POSITIVE_INFINITY): number {
  if (Math.abs(a.length - b.length) >= bound) return bound;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) best = Math.min(best, (before[j - 2] ?? 0) + 1);
      row.push(best);
    }
    // A later row is never below this one, nor, by a swap, below the one before.
    if (Math.min(...row) >= bound && Math.min(...last) >= bound) return bound;
    before = last;
    last = row;
  }
  return last[b.length] ?? bound;
}

/** `one of a, b, c`, cut after a dozen words. */
export function oneOf(words: readonly string[]): string {
  if (words.length === 1) return words[0] ?? "";
  const shown = words.slice(0, 12);
  return `one of ${shown.join(", ")}${words.length > shown.length ? `, … (${words.length} in all)` : ""}`;
}
