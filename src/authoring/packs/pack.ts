import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";

/** The packs of the installed version: the same way up from `src/` and from `dist/`. */
export const packsFolder = fileURLToPath(new URL("../../../policies/packs/", import.meta.url));

/** Tables that a pack may bring a fragment of. */
export const packTables = ["custom", "settings", "budgets"] as const;
export type PackTable = (typeof packTables)[number];

const packSchema = z.strictObject({
  version: z.literal(1),
  id: z.string().regex(/^[a-z][a-z0-9-]*$/),
  title: z.string().min(1),
  does: z.string().min(1),
  switch: z.strictObject({
    by: z.enum(["servers", "tools"]),
    /** The member of its table in custom.yaml that has an entry for each of them. */
    member: z.string().min(1),
    /** What the entry says: true; an end in 90 days; the arguments that the pinned schema knows. */
    value: z.enum(["on", "end", "arguments"]),
  }),
});

/** Rules for one concern, ready to be copied into a policy repository, whose author owns them from then on. */
export interface Pack extends z.infer<typeof packSchema> {
  /** The package is `policy.<name>`; files and the table in custom.yaml are called the same. */
  readonly name: string;
  readonly folder: string;
  /** Fragments of tables as YAML, each a table in the form of its file. */
  readonly tables: ReadonlyMap<PackTable, string>;
  /** Rego by path in a policies folder, tests too. */
  readonly modules: ReadonlyMap<string, string>;
  /** What the golden cases are rendered of: see `renderCases`. */
  readonly cases: string;
}

/** Every pack, in the order of ids. What is wrong with one is a broken installation. */
export async function readPacks(folder: string = packsFolder): Promise<readonly Pack[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const ids = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(ids.sort().map((id) => readPack(join(folder, id))));
}

async function readPack(folder: string): Promise<Pack> {
  const read = (...steps: readonly string[]) => readFile(join(folder, ...steps), "utf8");
  const facts = packSchema.parse(parse(await read("pack.yaml")));
  const name = facts.id.replaceAll("-", "_");
  const tables = new Map<PackTable, string>();
  const fragments = await readdir(join(folder, "tables"));
  for (const table of packTables) if (fragments.includes(`${table}.yaml`)) tables.set(table, await read("tables", `${table}.yaml`));
  const modules = new Map<string, string>();
  for (const file of [`${name}.rego`, `${name}_test.rego`]) modules.set(`policy/${file}`, await read("policy", file));
  return { ...facts, name, folder, tables, modules, cases: await read("cases", `${name}.yaml`) };
}
