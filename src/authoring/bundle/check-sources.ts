import { join } from "node:path";
import { compareUtf8 } from "../../parts/bundle/index.ts";
import { type GoldenCase, goldenCases, type Surroundings } from "../cases/index.ts";
import { checkBaseData, checkLeftOut, checkPolicies, type PolicyFacts } from "../checks/index.ts";
import { filesBelow } from "../files-below.ts";
import type { Mistakes } from "../mistakes.ts";
import { type Opa, pinnedOpa } from "../opa.ts";
import { readBytes, readText } from "../read-text.ts";
import { readTables, type TablesRead } from "../tables/index.ts";

/** What an author writes, read and judged. */
export interface CheckedSources {
  /** Absent where the tables have mistakes. */
  readonly tables: TablesRead | undefined;
  /** The author's modules by path inside the bundle, tests left out. */
  readonly modules: ReadonlyMap<string, Uint8Array>;
  readonly facts: PolicyFacts;
  readonly cases: readonly GoldenCase[];
  /** What is no mistake, and yet not what an author would expect. */
  readonly notes: readonly string[];
}

/** Everything of a policies folder that can be judged without compiling it: tables, policies, METADATA, cases. Every mistake is told at once. */
export async function checkSources(opa: Opa, policiesDir: string, mistakes: Mistakes, around: Surroundings = {}): Promise<CheckedSources> {
  const read = await readTables(policiesDir);
  if (!read.ok) for (const mistake of read.error) mistakes.add(mistake);
  const tables = read.ok ? read.value : undefined;
  const files = (await filesBelow(join(policiesDir, "policy"))).map((name) => `policy/${name.replaceAll("\\", "/")}`).sort(compareUtf8);
  checkBaseData(files, mistakes);
  await checkLeftOut(files, (file) => readText(join(policiesDir, file)), mistakes);
  const modules = await readModules(policiesDir, files);
  // Without tables nothing that a rule names is known; telling each use of it would only hide the mistake that matters.
  const facts = await checkPolicies({ opa, policiesDir, files: [...modules.keys()], tables: tables?.data }, mistakes);
  const golden = await goldenCases(policiesDir, tables?.data, around, mistakes);
  const notes = [...(tables?.warnings ?? []), ...versionNote(opa), ...workerNotes(facts), ...golden.notes];
  return { tables, modules, facts, cases: golden.cases, notes };
}

function versionNote(opa: Opa): readonly string[] {
  return opa.version === pinnedOpa ? [] : [`OPA ${opa.version} is used; OPA ${pinnedOpa} may say otherwise, and compile to other bytes`];
}

function workerNotes(facts: PolicyFacts): readonly string[] {
  return facts.packages.flatMap(({ name, worker }) =>
    worker
      ? [`package policy.${name}: nested iteration, so what it judges is decided in a worker, slower and at most for the time limit`]
      : [],
  );
}

/** Tests left out. Folders below are read too: a rule must not be lost because of where it lies. */
async function readModules(policiesDir: string, files: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
  const modules = files.filter((file) => file.endsWith(".rego") && !file.endsWith("_test.rego"));
  return new Map(await Promise.all(modules.map(async (file) => [file, await readBytes(join(policiesDir, file))] as const)));
}
