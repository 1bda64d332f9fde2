import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { mistakesOf } from "../../core/schema-mistakes.ts";
import { parseYaml } from "../../core/yaml-text.ts";
import type { Mistakes } from "../mistakes.ts";

const object = z.record(z.string(), z.unknown());

const caseSchema = z.strictObject({
  name: z.string().min(1),
  entrypoint: z.enum(["decide", "discover", "inspect", "admit", "mask"]),
  input: object,
  want: object,
  description: z.string().optional(),
});
export type GoldenCase = z.infer<typeof caseSchema>;

const fileSchema = z.strictObject({ version: z.literal(1).optional(), cases: z.array(caseSchema) });

/** Golden cases of `cases/*.yaml` in the order of files: what the gateway asks of the bundle before it takes it. */
export async function readCases(policiesDir: string, mistakes: Mistakes): Promise<readonly GoldenCase[]> {
  const folder = join(policiesDir, "cases");
  const files = (await namesIn(folder)).filter((name) => name.endsWith(".yaml") || name.endsWith(".yml")).sort();
  const cases: GoldenCase[] = [];
  const seen = new Map<string, string>();
  for (const name of files) {
    const file = `cases/${name}`;
    for (const one of readFileCases(file, await readFile(join(folder, name), "utf8"), mistakes)) {
      const before = seen.get(one.name);
      if (before !== undefined) mistakes.add({ file, found: `the case "${one.name}" again`, wanted: `another name; "${before}" has it` });
      seen.set(one.name, file);
      cases.push(one);
    }
  }
  return cases;
}

function readFileCases(file: string, text: string, mistakes: Mistakes): readonly GoldenCase[] {
  const yaml = parseYaml(file, text);
  if (!yaml.ok) {
    for (const mistake of yaml.error) mistakes.add(mistake);
    return [];
  }
  const { value, line } = yaml.value;
  const parsed = fileSchema.safeParse(value);
  if (parsed.success) return parsed.data.cases;
  for (const { steps, ...told } of mistakesOf(fileSchema, value, parsed.error.issues)) {
    const at = line(steps);
    mistakes.add({ file, ...told, ...(at !== undefined && { line: at }) });
  }
  return [];
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
