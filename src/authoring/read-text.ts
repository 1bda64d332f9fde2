import { readFile } from "node:fs/promises";

/** The text of a file. Where it cannot be read, the error names it: Node names none where a folder stands in its place. */
export async function readText(path: string): Promise<string> {
  return (await readBytes(path)).toString("utf8");
}

export async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    if (error instanceof Error && !("path" in error)) Object.assign(error, { path });
    throw error;
  }
}
