import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

/** Source files by their path from the project's root. The real tree and a fixture look the same to a rule. */
export type Tree = ReadonlyMap<string, string>;

const sources = /\.(?:ts|mts|cts|mjs|js|cjs)$/;

/** Reads the sources of these folders. Fixtures are material for tests, not part of the house. */
export function readTree(root: string, folders: readonly string[]): Tree {
  const tree = new Map<string, string>();
  const walk = (folder: string) => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (path !== "test/fixtures") walk(path);
      } else if (sources.test(entry.name)) tree.set(path, readFileSync(join(root, path), "utf8"));
    }
  };
  for (const folder of folders) walk(folder);
  return tree;
}

/** What stands in the text besides comments that have lines of their own. */
export function code(text: string): string {
  return text.replace(/^[ \t]*\/\*[\s\S]*?\*\//gm, "").replace(/^[ \t]*\/\/.*$/gm, "");
}

const statements = [
  // import … from "x", export … from "x"; neither a quote nor a semicolon stands between the words.
  /^[ \t]*(?:import|export)\b[^"';]*?\bfrom\s*["']([^"']+)["']/gm,
  /^[ \t]*import\s*["']([^"']+)["']/gm,
  // import("x") as a call and as a type
  /\bimport\s*\(\s*["'`]([^"'`]+)["'`]/g,
  /\brequire(?:\.resolve)?\s*\(\s*["'`]([^"'`]+)["'`]/g,
];

/** What a file imports, as written. */
export function importsOf(text: string): readonly string[] {
  const bare = code(text);
  return statements.flatMap((statement) => [...bare.matchAll(statement)].map(([, name]) => name ?? ""));
}

/** The imports that are files of the tree, as paths from the root. */
export function filesImported(path: string, text: string): readonly string[] {
  return importsOf(text)
    .filter((name) => name.startsWith("."))
    .map((name) => posix.normalize(posix.join(posix.dirname(path), name)));
}

/** The packages that a file imports: `ajv/dist/2020.js` is `ajv`, `@a/b/c.js` is `@a/b`. */
export function packagesImported(text: string): readonly string[] {
  return importsOf(text)
    .filter((name) => !name.startsWith(".") && !name.startsWith("node:"))
    .map((name) =>
      name
        .split("/")
        .slice(0, name.startsWith("@") ? 2 : 1)
        .join("/"),
    );
}
