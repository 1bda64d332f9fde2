import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";

/** The product library of the installed version: the same way up from `src/` and from `dist/`. */
export const libraryFolder = fileURLToPath(new URL("../../../policies/toolgate/", import.meta.url));

/** The library's modules by file name, tests left out. */
export async function readLibrary(folder: string = libraryFolder): Promise<ReadonlyMap<string, Uint8Array>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".rego") && !name.endsWith("_test.rego"));
  if (names.length === 0) throw new Error(`found no product library in "${folder}"; the installation is broken`);
  return new Map(await Promise.all(names.sort().map(async (name) => [name, await readFile(new URL(name, `file://${folder}/`))] as const)));
}
