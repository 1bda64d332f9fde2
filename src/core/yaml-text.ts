import { type Document, isMap, isNode, isSeq, LineCounter, parseDocument } from "yaml";
import type { Mistake } from "./mistakes.ts";

/** A YAML text that a person wrote, with the way back from a path to its line. */
export interface YamlText {
  readonly value: unknown;
  /** Line, from 1, of the deepest part of the path that stands in the text. */
  line(steps: readonly PropertyKey[]): number | undefined;
}

/** Enough for shared fragments; a table that expands further is an attack or an accident ("billion laughs"). */
const MOST_ALIASES = 100;

/** Parses YAML 1.2 strictly: one document, no duplicate keys, no unknown tags. */
export function parseYaml(
  file: string,
  text: string,
): { readonly ok: true; readonly value: YamlText } | { readonly ok: false; readonly error: Mistake[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
  const faults = [...document.errors, ...document.warnings].map((fault) => ({
    file,
    path: "",
    found: fault.message,
    wanted: "YAML 1.2: one document, each key once, no tags",
    line: lines.linePos(fault.pos[0]).line,
  }));
  if (faults.length > 0) return { ok: false, error: faults };
  try {
    const value: unknown = document.toJS({ maxAliasCount: MOST_ALIASES });
    return { ok: true, value: { value, line: (steps) => lineAt(document, lines, steps) } };
  } catch (cause) {
    const found = cause instanceof Error ? cause.message : "cannot be read";
    return { ok: false, error: [{ file, path: "", found, wanted: `at most ${MOST_ALIASES} aliases` }] };
  }
}

function lineAt(document: Document, lines: LineCounter, steps: readonly PropertyKey[]): number | undefined {
  let node: unknown = document.contents;
  let offset = start(node);
  for (const step of steps) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isNode(item.key) && String((item.key as { value?: unknown }).value) === String(step));
      if (pair === undefined) break;
      offset = start(pair.key) ?? offset;
      node = pair.value;
    } else if (isSeq(node) && typeof step === "number") {
      node = node.items[step];
      offset = start(node) ?? offset;
    } else break;
  }
  return offset === undefined ? undefined : lines.linePos(offset).line;
}

function start(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
