import { formatMistakes } from "../../core/mistakes.ts";
import { counted, type Report, type Written } from "./report.ts";

/** As a colleague would tell it: file by file, with a count at the end. */
export function textReport({ mistakes, notes, summary }: Report, style: { readonly colour?: boolean }): Written {
  const told = notes.map((note) => `note  ${note}`);
  if (mistakes.length === 0) return { out: `${summary}: no mistakes.`, err: told.join("\n") };
  const files = new Set(mistakes.map(({ file }) => file)).size;
  const count = `${summary}: ${counted(mistakes.length, "mistake")} in ${counted(files, "file")}.`;
  return { out: "", err: [formatMistakes(mistakes, style), ...told, ...(told.length > 0 ? [""] : []), count].join("\n") };
}
