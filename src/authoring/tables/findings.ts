import type { Mistake } from "../../core/mistakes.ts";

/** What is found while the tables are resolved: mistakes, and what is none and yet not what an author would expect. */
export interface Findings {
  readonly mistakes: Mistake[];
  readonly warnings: string[];
}

/**
 * All mistakes, file by file in the order in which the files are told first, in each by line. What two checks say of one
 * place in the same words is told once.
 */
export function inOrder(mistakes: readonly Mistake[]): readonly Mistake[] {
  const files = new Map<string, Map<string, Mistake>>();
  for (const mistake of mistakes) {
    const own = files.get(mistake.file) ?? new Map<string, Mistake>();
    files.set(mistake.file, own);
    const { line, path, found, wanted } = mistake;
    const key = JSON.stringify([line, path, found, wanted]);
    if (!own.has(key)) own.set(key, mistake);
  }
  return [...files.values()].flatMap((own) => [...own.values()].sort((a, b) => (a.line ?? 0) - (b.line ?? 0)));
}
