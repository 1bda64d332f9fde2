import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit, type YAMLError, type YAMLMap } from "yaml";
import type { Mistake } from "./mistakes.ts";

/** A YAML text that a person wrote, with the way back from a path to its line. */
export interface YamlText {
  readonly value: unknown;
  /** Line, from 1, of the deepest part of the path that stands in the text. */
  line(steps: readonly PropertyKey[]): number | undefined;
}

/** Enough for shared fragments; a table that expands further is an attack or an accident ("billion laughs"). */
const MOST_ALIASES = 100;

const WANTED = "YAML 1.2: one document, each key once, no tags";

/** Parses YAML 1.2 strictly: one document, no duplicate keys, no unknown tags, nothing that contains itself. */
export function parseYaml(
  file: string,
  text: string,
): { readonly ok: true; readonly value: YamlText } | { readonly ok: false; readonly error: Mistake[] } {
  const odd = /[\0\uFFFD]/.exec(text);
  if (odd) {
    const found = "bytes that are no text in UTF-8";
    return { ok: false, error: [{ file, path: "", found, wanted: "a text in UTF-8", line: text.slice(0, odd.index).split("\n").length }] };
  }
  const lines = new LineCounter();
  const faulty = (told: Pick<Mistake, "found" | "wanted"> & { readonly remedy?: string; readonly line?: number }) => ({
    ok: false as const,
    error: [{ file, path: "", ...told }],
  });
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false, stringKeys: true });
  const faults = faultsOf(document, lines).map((fault) => ({ file, path: "", ...fault }));
  if (faults.length > 0) return { ok: false, error: faults };
  const line = lineFinder(document, lines);
  try {
    const value: unknown = document.toJS({ maxAliasCount: MOST_ALIASES });
    const refused = refusedAt(value, [], new Set());
    if (refused === undefined) return { ok: true, value: { value, line } };
    const { steps, ...told } = refused;
    const at = line(steps);
    return faulty({ ...told, ...(at !== undefined && { line: at }) });
  } catch (cause) {
    const found = cause instanceof Error ? lowered(cause.message) : "cannot be read";
    return faulty({ found, wanted: `at most ${MOST_ALIASES} aliases, each of an anchor above it`, line: aliasLine(document, lines) });
  }
}

type Told = Pick<Mistake, "found" | "wanted"> & { readonly remedy?: string };

/** Of several faults in one line the first is the cause, and the others follow from it. */
function faultsOf(document: Document, lines: LineCounter): (Told & { readonly line: number })[] {
  const byLine = new Map<number, Told & { readonly line: number }>();
  for (const fault of [...document.errors, ...document.warnings]) {
    const { line } = lines.linePos(fault.pos[0]);
    if (!byLine.has(line)) byLine.set(line, { ...(known[fault.code] ?? told(fault.message)), line });
  }
  for (const at of repeatedKeys(document)) {
    const { line } = lines.linePos(at);
    if (!byLine.has(line)) byLine.set(line, { ...repeatedKey, line });
  }
  return [...byLine.values()].sort((a, b) => a.line - b.line);
}

/** The parser calls itself for each level; what has too many is told in our words. */
function told(message: string): Told {
  if (message.includes("call stack")) return { found: "lists or tables within each other, hundreds deep", wanted: WANTED };
  return { found: lowered(message), wanted: WANTED };
}

const lowered = (message: string): string => message.charAt(0).toLowerCase() + message.slice(1);

/** The alias that has no anchor; where all have one, the first, because together they are too many. */
function aliasLine(document: Document, lines: LineCounter): number {
  let first: number | undefined;
  let without: number | undefined;
  visit(document, {
    Alias(_, alias) {
      first ??= start(alias);
      if (without === undefined && alias.resolve(document) === undefined) without = start(alias);
    },
  });
  return lines.linePos(without ?? first ?? 0).line;
}

const repeatedKey: Told = {
  found: "a key that stands here for the second time",
  wanted: "each key once",
  remedy: "merge the two, or rename one",
};

/** Where keys stand that were there before. The parser compares each key with every other one, which a long table has no time for. */
function repeatedKeys(document: Document): readonly number[] {
  const repeated: number[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        const text = keyText(key);
        if (seen.has(text)) repeated.push(start(key) ?? 0);
        seen.add(text);
      }
    },
  });
  return repeated;
}

const keyText = (key: unknown): string => (isScalar(key) ? String(key.value) : "");

const known: Partial<Record<YAMLError["code"], Told>> = {
  TAB_AS_INDENT: { found: "a tab at the beginning of a line", wanted: "spaces", remedy: "indent with two spaces for each level" },
  NON_STRING_KEY: { found: "a key that is a list or a table", wanted: "a plain word as key", remedy: "put a name there" },
  MULTIPLE_DOCS: { found: "a second document", wanted: "one document", remedy: "take out the line ---" },
  TAG_RESOLVE_FAILED: { found: "a tag", wanted: "plain YAML 1.2, without tags", remedy: "take out the word that begins with !" },
};

/** What no file may hold: a key that JavaScript drops silently, and a value that is inside itself. */
function refusedAt(
  value: unknown,
  steps: readonly PropertyKey[],
  above: Set<unknown>,
  clean = new Set<unknown>(),
): (Told & { readonly steps: readonly PropertyKey[] }) | undefined {
  if (typeof value !== "object" || value === null || clean.has(value)) return undefined;
  if (above.has(value)) return { steps, found: "an alias of what it stands in", wanted: "values that do not contain themselves" };
  above.add(value);
  for (const [key, member] of Object.entries(value)) {
    const inside = [...steps, Array.isArray(value) ? Number(key) : key];
    if (key === "__proto__") return { steps: inside, found: 'the key "__proto__"', wanted: "another name; nothing can be called so" };
    const refused = refusedAt(member, inside, above, clean);
    if (refused) return refused;
  }
  above.delete(value);
  clean.add(value);
  return undefined;
}

function lineFinder(document: Document, lines: LineCounter): YamlText["line"] {
  const indexes = new WeakMap<YAMLMap, ReadonlyMap<string, YAMLMap["items"][number]>>();
  /** Keys of a long table are looked up once for all mistakes in it. */
  const pairOf = (map: YAMLMap, step: PropertyKey) => {
    let index = indexes.get(map);
    if (index === undefined) {
      index = new Map(map.items.map((item) => [keyText(item.key), item]));
      indexes.set(map, index);
    }
    return index.get(String(step));
  };
  return (steps) => {
    let node: unknown = document.contents;
    let offset = start(node) ?? 0;
    for (const step of steps) {
      if (isMap(node)) {
        const pair = pairOf(node, step);
        if (pair === undefined) break;
        offset = start(pair.key) ?? offset;
        node = pair.value;
      } else if (isSeq(node) && typeof step === "number") {
        node = node.items[step];
        offset = start(node) ?? offset;
      } else break;
    }
    return lines.linePos(offset).line;
  };
}

function start(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
