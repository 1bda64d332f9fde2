import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { isMissing } from "../../core/errors.ts";
import { pathText } from "../../core/mistakes.ts";
import { mistakesOf } from "../../core/schema-mistakes.ts";
import { parseYaml, type YamlText } from "../../core/yaml-text.ts";
import type { Mistakes } from "../mistakes.ts";
import { readText } from "../read-text.ts";
import { callerSchema, defaultInstant, instantSchema, type ShortCaller, type ShortCase, shortCaseSchema } from "./short-case.ts";
import { type WholeCase, wholeCaseSchema } from "./whole-case.ts";

/** A case as its author wrote it, with the way back to its place. */
export interface WrittenCase {
  readonly file: string;
  readonly line: number;
  readonly form: { readonly kind: "whole"; readonly value: WholeCase } | { readonly kind: "short"; readonly value: ShortCase };
  /** What the file says for all of its cases. */
  readonly shared: SharedFacts;
  /** A mistake at a member of this case. */
  tell(
    steps: readonly PropertyKey[],
    told: { readonly found: string; readonly wanted: string; readonly remedy?: string | undefined },
  ): void;
}

export interface SharedFacts {
  readonly at: string;
  readonly callers: Readonly<Record<string, ShortCaller>>;
}

const fileSchema = z.strictObject({
  version: z.literal(1).optional(),
  at: instantSchema.optional(),
  callers: z.record(z.string(), callerSchema).optional(),
  cases: z.array(z.unknown()),
});

/** Golden cases of `cases/*.yaml` in the order of files: what the gateway asks of the bundle before it takes it. */
export async function readCases(policiesDir: string, mistakes: Mistakes): Promise<readonly WrittenCase[]> {
  const folder = join(policiesDir, "cases");
  const files = (await namesIn(folder)).filter((name) => name.endsWith(".yaml") || name.endsWith(".yml")).sort();
  const cases: WrittenCase[] = [];
  const seen = new Map<string, string>();
  for (const name of files) {
    const file = `cases/${name}`;
    for (const one of readFileCases(file, await readText(join(folder, name)), mistakes)) {
      const called = one.form.value.name;
      const before = seen.get(called);
      if (before !== undefined)
        mistakes.add({ file, line: one.line, found: `the case "${called}" again`, wanted: `another name; "${before}" has it` });
      seen.set(called, file);
      cases.push(one);
    }
  }
  return cases;
}

function readFileCases(file: string, text: string, mistakes: Mistakes): readonly WrittenCase[] {
  const yaml = parseYaml(file, text);
  if (!yaml.ok) {
    for (const mistake of yaml.error) mistakes.add(mistake);
    return [];
  }
  const { value } = yaml.value;
  const tell = teller(file, yaml.value, mistakes);
  const parsed = fileSchema.safeParse(value);
  if (!parsed.success) {
    tellAll(fileSchema, value, parsed.error.issues, [], tell);
    return [];
  }
  const { at = defaultInstant, callers = {}, cases } = parsed.data;
  return cases.flatMap((one, index): WrittenCase[] => {
    const steps = ["cases", index];
    const form = formOf(one, steps, tell);
    if (form === undefined) return [];
    const line = yaml.value.line(steps) ?? 1;
    return [{ file, line, form, shared: { at, callers }, tell: (below, told) => tell([...steps, ...below], told) }];
  });
}

type Tell = (
  steps: readonly PropertyKey[],
  told: { readonly found: string; readonly wanted: string; readonly remedy?: string | undefined },
) => void;

/** The form is told by what only a whole case has, so that a mistake in either is told in its own words. */
function formOf(value: unknown, steps: readonly PropertyKey[], tell: Tell): WrittenCase["form"] | undefined {
  const isWhole = typeof value === "object" && value !== null && (Object.hasOwn(value, "entrypoint") || Object.hasOwn(value, "input"));
  if (isWhole) {
    const parsed = wholeCaseSchema.safeParse(value);
    if (parsed.success) return { kind: "whole", value: parsed.data };
    tellAll(wholeCaseSchema, value, parsed.error.issues, steps, tell);
    return undefined;
  }
  const parsed = shortCaseSchema.safeParse(value);
  if (parsed.success) return { kind: "short", value: parsed.data };
  tellAll(shortCaseSchema, value, parsed.error.issues, steps, tell);
  return undefined;
}

function tellAll(schema: z.ZodType, value: unknown, issues: readonly z.core.$ZodIssue[], base: readonly PropertyKey[], tell: Tell): void {
  for (const { steps, found, wanted, remedy } of mistakesOf(schema, value, issues)) tell([...base, ...steps], { found, wanted, remedy });
}

function teller(file: string, { line }: YamlText, mistakes: Mistakes): Tell {
  return (steps, { found, wanted, remedy }) => {
    const at = line(steps);
    const placed = { file, path: pathText(steps), found, wanted, ...(at !== undefined && { line: at }) };
    mistakes.add(remedy === undefined ? placed : { ...placed, remedy });
  };
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
