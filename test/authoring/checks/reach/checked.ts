import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { runCheck } from "../../../../src/authoring/checks/check-policies.ts";
import { reachChecks } from "../../../../src/authoring/checks/reach/index.ts";
import { readMetadata } from "../../../../src/authoring/checks/shape/index.ts";
import { gatherMistakes } from "../../../../src/authoring/mistakes.ts";
import { authorModules, parseModules } from "../../../../src/authoring/rego/index.ts";
import { readTables, type TableData } from "../../../../src/authoring/tables/index.ts";
import type { Mistake } from "../../../../src/core/mistakes.ts";
import { needOpa, temporaryFolder, writeFiles } from "../../bundle/tools.ts";

export const demo = fileURLToPath(new URL("../../../../policies/", import.meta.url));

/** The tables of the demo company. */
export async function demoTables(): Promise<TableData> {
  const read = await readTables(demo);
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value.data;
}

/** What a package looks like around its rules. */
export interface Package {
  readonly rules: string;
  readonly servers?: string;
  readonly kinds?: string;
  readonly imports?: string;
}

export function moduleOf(name: string, { rules, servers = "crm", kinds = "tool", imports = "" }: Package): string {
  const before = imports === "" ? "" : `${imports}\n\n`;
  return `# METADATA\n# custom:\n#   servers: [${servers}]\n#   kinds: [${kinds}]\npackage policy.${name}\n\n${before}${rules}\n`;
}

/** What the checks of this room say about modules by name of their package, each with its file `<name>.rego`. */
export async function mistakesOf(modules: Readonly<Record<string, string>>, tables?: TableData): Promise<readonly Mistake[]> {
  const folder = await temporaryFolder();
  try {
    const files = Object.fromEntries(Object.entries(modules).map(([name, text]) => [`${name}.rego`, text]));
    await writeFiles(folder, files);
    const mistakes = gatherMistakes();
    for (const module of await parseModules(await needOpa(), folder, Object.keys(files), mistakes)) {
      const { facts } = readMetadata([module], undefined);
      const checked = { ...authorModules(module.package[1] ?? "", [module]), facts, tables };
      for (const check of reachChecks) runCheck(check, checked, mistakes);
    }
    return mistakes.all;
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The checks that refuse each of the packages. */
export async function refusals(packages: Readonly<Record<string, Package>>): Promise<Readonly<Record<string, readonly string[]>>> {
  const modules = Object.fromEntries(Object.entries(packages).map(([name, one]) => [name, moduleOf(name, one)]));
  const mistakes = await mistakesOf(modules, await demoTables());
  return Object.fromEntries(
    Object.keys(packages).map((name) => {
      const own = mistakes.filter(({ file }) => file === `${name}.rego`);
      return [name, [...new Set(own.map(({ check, found }) => check ?? found))].sort()];
    }),
  );
}
