/** One entry of a table as lines, without indentation, with the comments above it. */
export interface FragmentEntry {
  readonly key: string;
  readonly lines: readonly string[];
}

/** Entries of a mapping that is written in blocks of two blanks, as the packs write theirs. `depth` counts blocks. */
export function entriesOf(lines: readonly string[], depth: number): readonly FragmentEntry[] {
  const indent = "  ".repeat(depth);
  const entries: FragmentEntry[] = [];
  let comments: string[] = [];
  let open: { key: string; lines: string[] } | undefined;
  for (const line of lines) {
    if (line.trim() === "") continue;
    const text = line.slice(indent.length);
    if (!line.startsWith(indent)) continue; // the entry that this mapping belongs to, and what stands above it
    if (text.startsWith("#")) {
      comments.push(text);
      continue;
    }
    if (text.startsWith(" ")) {
      // A comment deeper down belongs to what it stands in.
      open?.lines.push(...comments, text);
      comments = [];
      continue;
    }
    open = { key: keyOf(text), lines: [...comments, text] };
    comments = [];
    entries.push(open);
  }
  return entries;
}

function keyOf(text: string): string {
  const quoted = /^"([^"]*)":/.exec(text)?.[1];
  return quoted ?? text.slice(0, text.indexOf(":"));
}

/** The entries of a fragment's table, e.g. those under `custom:`. */
export function tableEntries(fragment: string): readonly FragmentEntry[] {
  return entriesOf(fragment.split("\n"), 1);
}

/** The entries inside an entry. */
export function innerEntries(entry: FragmentEntry): readonly FragmentEntry[] {
  return entriesOf(entry.lines, 1);
}
