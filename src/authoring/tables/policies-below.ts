import { readdir, stat } from "node:fs/promises";
import { join, relative } from "node:path";

/** Of many folders the first are named. */
const MOST = 3;

/**
 * `did you mean "policies"?` where a folder has no tables and one right below it has: a repository was named in place of
 * its policies. Named from the working folder, as it would be typed.
 */
export async function meantBelow(folder: string): Promise<string | undefined> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const below: string[] = [];
  for (const { name } of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (name.startsWith(".") || name === "node_modules") continue;
    const path = join(folder, name);
    if (await isFile(join(path, "catalog/servers.yaml"))) below.push(fromHere(path));
  }
  return below.length === 0
    ? undefined
    : `did you mean ${below
        .slice(0, MOST)
        .map((path) => JSON.stringify(path))
        .join(" or ")}?`;
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true;
}

function fromHere(path: string): string {
  const short = relative("", path);
  return short.startsWith("..") ? path : short;
}
