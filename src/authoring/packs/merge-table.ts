import { isMap, parseDocument } from "yaml";
import { type FragmentEntry, innerEntries, tableEntries } from "./fragment.ts";
import { insertEntry, withBreaksOf } from "./insert-entry.ts";

/** A table with what a pack needs in it, or the place where something stands that is none of the pack's. */
export type Merged =
  | { readonly ok: true; readonly text: string; readonly added: readonly string[] }
  | { readonly ok: false; readonly path: string; readonly found: string };

/**
 * Adds the entries of a pack's fragment that a table lacks, with their comments. What stands there already is the
 * author's and stays as it is; only members that a pack's own entry has lost are added again.
 */
export function mergeTable(table: string, text: string | undefined, fragment: string): Merged {
  if (text === undefined || text.trim() === "") return { ok: true, text: fragment, added: tableEntries(fragment).map(({ key }) => key) };
  let changed = text;
  const added: string[] = [];
  for (const entry of tableEntries(fragment)) {
    const merged = mergeEntry(changed, [table], entry, added);
    if (!merged.ok) return merged;
    changed = merged.text;
  }
  return { ok: true, text: changed, added };
}

function mergeEntry(text: string, path: readonly string[], entry: FragmentEntry, added: string[]): Merged {
  const own = [...path, entry.key];
  const there = at(text, own);
  if (there === undefined) return insert(text, path, entry, added);
  const inner = innerEntries(entry);
  if (inner.length === 0 || !isPackEntry(path)) return { ok: true, text, added };
  if (!isMap(there)) return { ok: false, path: own.join("."), found: "something else than a table" };
  let changed = text;
  for (const member of inner) {
    if (at(changed, [...own, member.key]) !== undefined) continue;
    const merged = insert(changed, own, member, added);
    if (!merged.ok) return merged;
    changed = merged.text;
  }
  return { ok: true, text: changed, added };
}

/** A budget is the author's as a whole; of settings and custom data a pack needs each member. */
function isPackEntry([table]: readonly string[]): boolean {
  return table !== "budgets";
}

function insert(text: string, path: readonly string[], entry: FragmentEntry, added: string[]): Merged {
  const as = [...path.slice(1), entry.key].join(".");
  const changed = insertEntry(text, path, entry.lines) ?? throughDocument(text, path, entry);
  if (changed === undefined) return { ok: false, path: path.join("."), found: "something else than a table" };
  added.push(as);
  return { ok: true, text: changed, added };
}

/** Forms that nothing can be added to as text, such as a table in braces on one line, are written anew; comments stay. */
function throughDocument(text: string, path: readonly string[], entry: FragmentEntry): string | undefined {
  const document = parseDocument(text);
  const map: unknown = document.getIn(path, true);
  if (document.errors.length > 0 || !isMap(map)) return undefined;
  map.flow = false;
  map.add(document.createPair(entry.key, parseDocument(entry.lines.join("\n")).getIn([entry.key], true)));
  return withBreaksOf(text, document.toString({ lineWidth: 0 }));
}

function at(text: string, path: readonly string[]): unknown {
  return parseDocument(text).getIn(path, true) ?? undefined;
}
