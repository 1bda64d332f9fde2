import { stringify } from "yaml";

/** A table as a person writes it: block style, a comment on what the file is for, and one above what is worth a word. */
export function tableText(
  name: string,
  about: string,
  entries: Readonly<Record<string, unknown>>,
  remarks: Readonly<Record<string, string>> = {},
): string {
  const rows = Object.entries(entries).map(([key, value]) => {
    const remark = remarks[key] === undefined ? "" : `  # ${remarks[key]}\n`;
    return `${remark}${indented(blockOf({ [key]: value }))}`;
  });
  return `# ${about}\nversion: 1\n${name}:${rows.length === 0 ? " {}" : ""}\n${rows.join("")}`;
}

/** Without aliases: what is said twice is written twice, as people do. */
export const blockOf = (value: unknown): string => stringify(value, { aliasDuplicateObjects: false, lineWidth: 120 });

const indented = (text: string): string => text.replace(/^(?=.)/gm, "  ");
