import { readFile } from "node:fs/promises";
import { systemRefusal } from "../system-error.ts";
import type { Terminal } from "../terminal.ts";

/** The contents of all files, or undefined once it was said which cannot be read. */
export async function readAll(terminal: Terminal, files: readonly string[]): Promise<readonly Buffer[] | undefined> {
  const contents: Buffer[] = [];
  for (const file of files) {
    try {
      contents.push(await readFile(file));
    } catch (error) {
      terminal.err(systemRefusal(error) ?? `"${file}" cannot be read: ${String(error)}`);
      return undefined;
    }
  }
  return contents;
}
