import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { hasCode } from "../core/errors.ts";

/**
 * Paths of all files below a folder, sorted; none where there is no folder. Links to folders are followed, because a rule
 * must not be lost by where it lies, but each folder is read once: two links to `.` would otherwise make 2^40 folders.
 */
export async function filesBelow(folder: string): Promise<readonly string[]> {
  const read = new Set<string>();
  const files: string[] = [];
  const folders = [""];
  // After the folders themselves, so that what is reachable both ways is named by its own place.
  const links: string[] = [];
  for (let below = folders.pop(); below !== undefined; below = folders.pop() ?? links.shift()) {
    const real = await presentOf(realpath(join(folder, below)));
    if (real === undefined || read.has(real)) continue;
    read.add(real);
    for (const entry of await readdir(real, { withFileTypes: true })) {
      const path = join(below, entry.name);
      const kind = await kindOf(entry, join(folder, path));
      if (kind === "file") files.push(path);
      else if (kind !== undefined) (kind === "folder" ? folders : links).push(path);
    }
  }
  return files.sort();
}

async function kindOf(entry: Dirent, path: string): Promise<"file" | "folder" | "link" | undefined> {
  if (entry.isDirectory()) return "folder";
  if (!entry.isSymbolicLink()) return "file";
  const end = await presentOf(stat(path));
  // A link that leads nowhere is read as a file, so that whoever reads it says so.
  return end?.isDirectory() === true ? "link" : "file";
}

async function presentOf<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (hasCode(error, "ENOENT", "ELOOP")) return undefined;
    throw error;
  }
}
