import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { scratchFolder } from "../../platform/scratch-folder.ts";
import { filesBelow } from "../files-below.ts";
import { gatherMistakes, type Mistakes } from "../mistakes.ts";
import { type Opa, OpaFailed, quoted, runOpa } from "../opa.ts";
import { jsonOf, opaErrors } from "../rego/index.ts";
import type { Workbench } from "../workbench/index.ts";

/** What OPA's own evaluator is run over: the author's rules and tests, the product library, and the data of the tables. */
export interface Workspace {
  readonly folder: string;
  /** Below `folder`; for arguments of OPA. */
  readonly sources: readonly string[];
  /** The author's rules, tests left out. */
  readonly authorFiles: readonly string[];
  readonly hasTests: boolean;
  remove(): Promise<void>;
}

/** Files keep their names below the policies folder, so that OPA names them as their author does. */
export async function openWorkspace(policiesDir: string, { modules, policyData }: Workbench): Promise<Workspace> {
  const { path: folder, remove } = await scratchFolder("toolgate-test-");
  try {
    const tests = await testFiles(policiesDir);
    for (const [path, text] of [...modules, ...tests, ["data.json", policyData] as const]) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), text);
    }
    const authorFiles = [...modules.keys()].filter((path) => path.startsWith("policy/"));
    const sources = [...(authorFiles.length + tests.length > 0 ? ["policy"] : []), "toolgate", "data.json"];
    return { folder, sources, authorFiles, hasTests: tests.length > 0, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** What OPA cannot read or compile of the tests; the rules themselves were compiled before. */
export async function checkTests(opa: Opa, { folder, sources }: Workspace): Promise<Mistakes> {
  const mistakes = gatherMistakes();
  const checked = await runOpa(opa, ["check", "--format", "json", ...sources], folder);
  if (checked.code === 0) return mistakes;
  const parsed = opaErrors.safeParse(jsonOf(checked.stdout + checked.stderr));
  if (!parsed.success) throw new OpaFailed(opa, `opa check said ${quoted(checked.stdout + checked.stderr)}`);
  for (const { message, location } of parsed.data.errors) {
    const line = location?.row === undefined ? {} : { line: location.row };
    mistakes.add({ file: location?.file ?? "policy", found: message, wanted: "a test that passes opa check", ...line });
  }
  return mistakes;
}

async function testFiles(policiesDir: string): Promise<readonly (readonly [string, string])[]> {
  const names = await filesBelow(join(policiesDir, "policy"));
  const tests = names.filter((name) => name.endsWith("_test.rego")).sort();
  return Promise.all(
    tests.map(async (name) => [`policy/${name.replaceAll("\\", "/")}`, await readFile(join(policiesDir, "policy", name), "utf8")] as const),
  );
}
