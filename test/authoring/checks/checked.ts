import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { checkPolicies } from "../../../src/authoring/checks/index.ts";
import { reachChecks } from "../../../src/authoring/checks/reach/index.ts";
import { gatherMistakes } from "../../../src/authoring/mistakes.ts";
import { findOpa, type Opa } from "../../../src/authoring/opa.ts";
import { readTables, type TableData } from "../../../src/authoring/tables/index.ts";
import type { Mistake } from "../../../src/core/mistakes.ts";
import { policies } from "../../policy/policy-sources.ts";

/** Everything that the checks say about these modules, with the tables of the demo company. One process of OPA a file. */
export async function mistakesIn(modules: Readonly<Record<string, string>>): Promise<readonly Mistake[]> {
  return inFolder(modules, async (folder) => {
    const mistakes = gatherMistakes();
    await checkPolicies({ opa: await needOpa(), policiesDir: folder, files: Object.keys(modules), tables: await tables() }, mistakes);
    return mistakes.all;
  });
}

/** Writes modules by path into a folder of their own for as long as `use` runs. */
export async function inFolder<T>(modules: Readonly<Record<string, string>>, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "toolgate-checks-"));
  try {
    for (const [file, text] of Object.entries(modules)) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), text);
    }
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

export async function needOpa(): Promise<Opa> {
  const opa = await findOpa({ env: process.env });
  if (!opa.ok) throw new Error(opa.error);
  return opa.value;
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

/** What a rule reads is tried beside its own checks. */
const ofReach: ReadonlySet<string> = new Set(reachChecks.map(({ id }) => id));

/** Checks many packages in one go and says for each of them which checks refuse it, but for those of what a rule reads. */
export async function refusals(
  packages: Readonly<Record<string, string>>,
  imports = "",
): Promise<Readonly<Record<string, readonly string[]>>> {
  const mistakes = await mistakesIn(Object.fromEntries(Object.entries(packages).map(([name, rules]) => moduleOf(name, rules, imports))));
  return Object.fromEntries(
    Object.keys(packages).map((name) => {
      const own = mistakes.filter(({ file, check = "" }) => file === `policy/${name}.rego` && !ofReach.has(check));
      return [name, [...new Set(own.map(({ check, found }) => check ?? found))].sort()];
    }),
  );
}
