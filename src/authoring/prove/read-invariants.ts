import type { Mistake } from "../../core/mistakes.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { mistakesOf } from "../../core/schema-mistakes.ts";
import { parseYaml } from "../../core/yaml-text.ts";
import { type Invariant, invariantsSchema } from "./language.ts";

export interface Invariants {
  /** As it was named. */
  readonly file: string;
  readonly invariants: readonly Invariant[];
  /** Line, from 1, of a part of an invariant. */
  line(index: number, ...steps: readonly PropertyKey[]): number | undefined;
}

/** Reads the text of an invariants file. All mistakes are told at once. */
export function readInvariants(file: string, text: string): Result<Invariants, readonly Mistake[]> {
  const yaml = parseYaml(file, text);
  if (!yaml.ok) return err(yaml.error);
  const { value, line } = yaml.value;
  const parsed = invariantsSchema.safeParse(value);
  if (parsed.success) {
    return ok({ file, invariants: parsed.data.invariants, line: (index, ...steps) => line(["invariants", index, ...steps]) });
  }
  const mistakes = mistakesOf(invariantsSchema, value, parsed.error.issues).map(({ steps, ...told }) => {
    const at = line(steps);
    return { file, ...told, ...(at !== undefined && { line: at }) };
  });
  return err(mistakes);
}
