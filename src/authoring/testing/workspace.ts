import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gatherMistakes, type Mistakes } from "../mistakes.ts";
import { type Opa, runOpa } from "../opa.ts";
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
  const folder = await mkdtemp(join(tmpdir(), "toolgate-test-"));
  const remove = () => rm(folder, { recursive: true, force: true });
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
  if (!parsed.success)
    mistakes.add({ file: "policy", found: (checked.stdout + checked.stderr).trim(), wanted: "tests that pass opa check" });
  for (const { message, location } of parsed.data?.errors ?? []) {
    const line = location?.row === undefined ? {} : { line: location.row };
    mistakes.add({ file: location?.file ?? "policy", found: message, wanted: "a test that passes opa check", ...line });
  }
  return mistakes;
}

async function testFiles(policiesDir: string): Promise<readonly (readonly [string, string])[]> {
  const names = await namesBelow(join(policiesDir, "policy"));
  const tests = names.filter((name) => name.endsWith("_test.rego")).sort();
  return Promise.all(
    tests.map(async (name) => [`policy/${name.replaceAll("\\", "/")}`, await readFile(join(policiesDir, "policy", name), "utf8")] as const),
  );
}

/** A team may write no Rego at all. */
async function namesBelow(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder, { recursive: true });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
