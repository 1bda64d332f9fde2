import type { PromptDefinition, TemplateDefinition, ToolDefinition } from "../../core/tool.ts";

type Definition = ToolDefinition | PromptDefinition | TemplateDefinition;

/**
 * What changed between two definitions, member by member, for a reviewer's eyes. Characters that a terminal or an editor
 * hides are written as escapes: a description is read by models, and instructions may be hidden in it (tool poisoning).
 * `key` is the member that names the definition; it stands above the changes already.
 */
export function diffDefinitions(before: Definition | undefined, after: Definition | undefined, key: "name" | "uriTemplate"): string[] {
  const old = membersOf(before, key);
  const now = membersOf(after, key);
  const lines: string[] = [];
  for (const path of new Set([...now.keys(), ...old.keys()])) {
    const was = old.get(path);
    const is = now.get(path);
    if (was?.join("\n") === is?.join("\n")) continue;
    lines.push(`    ${visible(path)}`);
    lines.push(...changedLines(was ?? [], is ?? []).map((line) => `      ${line}`));
  }
  return lines;
}

/** Every leaf of a definition by its path, as lines of text. Empty lists and tables are leaves: they mean something in a schema. */
function membersOf(definition: Definition | undefined, named: string): Map<string, string[]> {
  const members = new Map<string, string[]>();
  const open: { path: string; value: unknown }[] = definition === undefined ? [] : [{ path: "", value: definition }];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const { path, value } = at;
    if (typeof value === "object" && value !== null && Object.keys(value).length > 0) {
      const children = Object.entries(value).filter(([key]) => path !== "" || key !== named);
      for (const [key, child] of children.reverse()) open.push({ path: path === "" ? key : `${path}.${key}`, value: child });
    } else {
      members.set(path, typeof value === "string" ? value.split("\n") : [JSON.stringify(value) ?? "undefined"]);
    }
  }
  return members;
}

/** Lines that both have stay out, except that they show where they stand between changes. */
function changedLines(before: readonly string[], after: readonly string[]): string[] {
  const kept = commonLines(before, after);
  const lines: string[] = [];
  let b = 0;
  let a = 0;
  for (const [i, j] of [...kept, [before.length, after.length] as const]) {
    for (; b < i; b++) lines.push(`- ${visible(before[b] ?? "")}`);
    for (; a < j; a++) lines.push(`+ ${visible(after[a] ?? "")}`);
    if (i < before.length) lines.push(`  ${visible(before[i] ?? "")}`);
    b = i + 1;
    a = j + 1;
  }
  return lines;
}

/** Beyond this a comparison line by line costs more than it tells. */
const LONGEST = 1000;

/** The longest common run of lines, as pairs of positions. */
function commonLines(before: readonly string[], after: readonly string[]): (readonly [number, number])[] {
  if (before.length > LONGEST || after.length > LONGEST) return [];
  const lengths = Array.from({ length: before.length + 1 }, () => new Array<number>(after.length + 1).fill(0));
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--) {
    const row = lengths[i] ?? [];
    for (let j = after.length - 1; j >= 0; j--)
      row[j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  }
  const pairs: (readonly [number, number])[] = [];
  for (let i = 0, j = 0; i < before.length && j < after.length; ) {
    if (before[i] === after[j]) pairs.push([i++, j++]);
    else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return pairs;
}

/** Control, format (bidi, zero width, tag), filling and unassigned characters, and spaces that are not a plain space. */
const hidden = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/gu;

export function visible(text: string): string {
  return text.replace(hidden, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
