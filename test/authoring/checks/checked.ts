import { rm } from "node:fs/promises";
import { checkPolicies } from "../../../src/authoring/checks/index.ts";
import { gatherMistakes } from "../../../src/authoring/mistakes.ts";
import { readTables, type TableData } from "../../../src/authoring/tables/index.ts";
import type { Mistake } from "../../../src/core/mistakes.ts";
import { policies } from "../../policy/policy-sources.ts";
import { needOpa, temporaryFolder, writeFiles } from "../bundle/tools.ts";

/** Everything that the checks say about these modules, with the tables of the demo company. One process of OPA a file. */
export async function mistakesIn(modules: Readonly<Record<string, string>>): Promise<readonly Mistake[]> {
  const folder = await temporaryFolder();
  try {
    await writeFiles(folder, modules);
    const mistakes = gatherMistakes();
    await checkPolicies({ opa: await needOpa(), policiesDir: folder, files: Object.keys(modules), tables: await tables() }, mistakes);
    return mistakes.all;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function tables(): Promise<TableData> {
  const read = await readTables(policies);
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value.data;
}

/** `package policy.<name>` for the crm, as a file of its own. */
export function moduleOf(name: string, rules: string, imports = ""): readonly [string, string] {
  const before = imports === "" ? "" : `${imports}\n\n`;
  return [`policy/${name}.rego`, `# METADATA\n# custom:\n#   servers: [crm]\npackage policy.${name}\n\n${before}${rules}\n`];
}

/** Checks many packages in one go and says for each of them which checks refuse it. */
export async function refusals(
  packages: Readonly<Record<string, string>>,
  imports = "",
): Promise<Readonly<Record<string, readonly string[]>>> {
  const mistakes = await mistakesIn(Object.fromEntries(Object.entries(packages).map(([name, rules]) => moduleOf(name, rules, imports))));
  return Object.fromEntries(
    Object.keys(packages).map((name) => {
      const own = mistakes.filter(({ file }) => file === `policy/${name}.rego`);
      return [name, [...new Set(own.map(({ check, found }) => check ?? found))].sort()];
    }),
  );
}
