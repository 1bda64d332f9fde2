import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type GoldenCase, goldenCases, type Surroundings } from "../../../src/authoring/cases/index.ts";
import { gatherMistakes, readTables, type TableData } from "../../../src/authoring/index.ts";
import type { Mistake } from "../../../src/core/mistakes.ts";
import { writeFiles } from "../bundle/tools.ts";

export const demo = join(import.meta.dirname, "../../../policies");

export async function demoTables(): Promise<TableData> {
  const tables = await readTables(demo);
  if (!tables.ok) throw new Error(JSON.stringify(tables.error));
  return tables.value.data;
}

export interface Written {
  readonly cases: readonly GoldenCase[];
  readonly notes: readonly string[];
  readonly mistakes: readonly Mistake[];
}

/** What the demo company's tables make of one file of cases. */
export async function written(text: string, around: Surroundings = {}, tables?: TableData): Promise<Written> {
  const folder = await mkdtemp(join(tmpdir(), "toolgate-cases-"));
  try {
    await writeFiles(folder, { "cases/a.yaml": text });
    const mistakes = gatherMistakes();
    const read = await goldenCases(folder, tables ?? (await demoTables()), around, mistakes);
    return { ...read, mistakes: mistakes.all };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The only case of a text that has no mistake, with its input read. */
export async function only(text: string, around: Surroundings = {}): Promise<GoldenCase & { readonly asked: Record<string, unknown> }> {
  const { cases, mistakes } = await written(text, around);
  const [one] = cases;
  if (one === undefined || mistakes.length > 0) throw new Error(JSON.stringify(mistakes));
  return { ...one, asked: JSON.parse(one.input) };
}

export const callers = `callers:
  ann: { agent: support-bot, user: ann, groups: [support] }
  bob: { agent: finance-bot, user: bob, groups: [finance] }
`;
