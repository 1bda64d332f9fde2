import type { Mistake } from "../core/mistakes.ts";

/** Gathers mistakes in what a bundle is built from, so that an author meets all of them at once. */
export interface Mistakes {
  /** Files are named from the policies folder. */
  add(mistake: Omit<Mistake, "path"> & { readonly path?: string }): void;
  readonly all: readonly Mistake[];
}

export function gatherMistakes(): Mistakes {
  const all: Mistake[] = [];
  return { add: (mistake) => all.push({ path: "", ...mistake }), all };
}
