import type { Mistake } from "../../core/mistakes.ts";

/** What a command found in the files of an author. */
export interface Report {
  /** The folder that the files are named from: relative to where the command runs, or absolute. */
  readonly folder: string;
  readonly mistakes: readonly Mistake[];
  /** What is no mistake, and yet not what an author would expect. */
  readonly notes: readonly string[];
  /** What was looked at, e.g. `8 packages and 40 golden cases checked`. */
  readonly summary: string;
  /** That of the product, where the form has a place for it. */
  readonly version?: string;
}

export const reportFormats = ["text", "json", "github", "sarif"] as const;
export type ReportFormat = (typeof reportFormats)[number];

/** Texts for the two streams; empty where there is nothing to say. */
export interface Written {
  readonly out: string;
  readonly err: string;
}

/** A file of the report as it is named from where the command runs, with forward slashes, as GitHub and SARIF name files. */
export function pathOf(folder: string, file: string): string {
  const from = folder
    .replaceAll("\\", "/")
    .replace(/^(\.\/)+/, "")
    .replace(/\/+$/, "");
  return from === "" || from === "." ? file : `${from}/${file}`;
}

/** All that a mistake says, line by line, where the form has no places of its own for it. */
export function wordsOf({ path, found, wanted, remedy, danger, mended, example }: Mistake): string {
  const lines = [path === "" ? found : `${path}: ${found}`, `wanted: ${wanted}`];
  if (remedy !== undefined) lines.push(remedy);
  if (danger !== undefined) lines.push(`danger: ${danger}`);
  if (mended !== undefined) lines.push("mended:", mended);
  else if (example !== undefined) lines.push("e.g.:", example);
  return lines.join("\n");
}

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
