import { isCollection, isMap, isNode, isScalar, parseDocument, type YAMLMap } from "yaml";

/**
 * Adds an entry to the mapping at `path` of a YAML text, and leaves every other character as its author wrote it.
 * `lines` are those of the entry, without indentation. Undefined where there is something else than a mapping, or where
 * it is written in a form that nothing can be added to as text.
 */
export function insertEntry(text: string, path: readonly string[], lines: readonly string[]): string | undefined {
  const document = parseDocument(text);
  if (document.errors.length > 0) return undefined;
  const node: unknown = document.getIn(path, true);
  const inserted = isMap(node) ? intoMap(text, node, lines, path.length) : intoNothing(text, node, lines, path.length);
  const changed = inserted === undefined ? undefined : withBreaksOf(text, inserted);
  return changed !== undefined && parseDocument(changed).errors.length === 0 ? changed : undefined;
}

/** Where every line of the author ends as on Windows, so do the new ones. */
export function withBreaksOf(text: string, changed: string): string {
  return /\r\n/.test(text) && !/(^|[^\r])\n/.test(text) ? changed.replace(/\r?\n/g, "\r\n") : changed;
}

function intoMap(text: string, map: YAMLMap, lines: readonly string[], depth: number): string | undefined {
  const range = map.range;
  if (!range) return undefined;
  const [start, end] = range;
  const first = map.items[0];
  if (map.flow === true) {
    if (first === undefined) return `${text.slice(0, start).trimEnd()}\n${block(lines, depth)}${restOfLine(text, end)}`;
    const [only, more] = lines.filter((line) => !line.startsWith("#"));
    if (only === undefined || more !== undefined) return undefined;
    return `${text.slice(0, end - 1).trimEnd()}, ${only} }${text.slice(end)}`;
  }
  if (!isNode(first?.key) || !first.key.range) return undefined;
  const [keyAt] = first.key.range;
  const indent = text.slice(text.lastIndexOf("\n", keyAt - 1) + 1, keyAt);
  const at = endOfLine(text, lastOffset(map));
  return `${withNewline(text.slice(0, at))}${indented(lines, indent)}\n${text.slice(at)}`;
}

/** `custom:` with nothing behind it. */
function intoNothing(text: string, node: unknown, lines: readonly string[], depth: number): string | undefined {
  if (!isScalar(node) || node.value !== null || !node.range) return undefined;
  const at = endOfLine(text, node.range[0]);
  return `${withNewline(text.slice(0, at))}${indented(lines, "  ".repeat(depth))}\n${text.slice(at)}`;
}

const block = (lines: readonly string[], depth: number) => indented(lines, "  ".repeat(depth));

function indented(lines: readonly string[], indent: string): string {
  return lines.map((line) => `${indent}${line}`).join("\n");
}

/** Where the last thing in a mapping ends that is not a comment. */
function lastOffset(map: YAMLMap): number {
  const pair = map.items.at(-1);
  const last: unknown = pair?.value ?? pair?.key;
  if (isMap(last) && last.flow !== true && last.items.length > 0) return lastOffset(last);
  if (isCollection(last) && last.flow !== true) {
    const item: unknown = last.items.at(-1);
    if (isMap(item) && item.flow !== true) return lastOffset(item);
    return isNode(item) ? (item.range?.[1] ?? 0) : (last.range?.[1] ?? 0);
  }
  return isNode(last) ? (last.range?.[1] ?? 0) : 0;
}

/** Behind the line break of the line that holds the offset. */
function endOfLine(text: string, offset: number): number {
  if (offset > 0 && text[offset - 1] === "\n") return offset;
  const found = text.indexOf("\n", offset);
  return found === -1 ? text.length : found + 1;
}

function restOfLine(text: string, offset: number): string {
  const rest = text.slice(offset);
  return rest.startsWith("\n") || rest === "" ? rest || "\n" : `\n${rest.trimStart()}`;
}

function withNewline(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}
