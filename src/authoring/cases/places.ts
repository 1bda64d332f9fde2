import { gatherMistakes } from "../mistakes.ts";
import { readCases } from "./case-files.ts";

export interface CasePlace {
  /** Below the policies folder. */
  readonly file: string;
  readonly line: number;
}

/** Where each golden case stands, by its name. A bundle does not say. */
export async function casePlaces(policiesDir: string): Promise<ReadonlyMap<string, CasePlace>> {
  const cases = await readCases(policiesDir, gatherMistakes());
  return new Map(cases.map(({ file, line, form }) => [form.value.name, { file, line }]));
}
