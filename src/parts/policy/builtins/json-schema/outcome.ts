/** Where in the document: the names on the way, innermost first. */
export interface Place {
  readonly name: string;
  readonly outer: Place | undefined;
}

export interface Problem {
  readonly type: string;
  readonly place: Place;
  /** OPA's sentence. Written only for problems that are told: most are of branches that nobody asks about. */
  readonly describe: (field: string) => string;
}

/** What one schema says about one value. */
export class Outcome {
  readonly problems: Problem[] = [];
  /** How well it fitted: of several branches that fail, OPA tells the mistakes of the best. */
  score = 0;

  get valid(): boolean {
    return this.problems.length === 0;
  }

  merge(other: Outcome): void {
    for (const problem of other.problems) this.problems.push(problem);
    this.score += other.score;
  }
}

export const outermost: Place = { name: "(Root)", outer: undefined };

/** `a.b.0`; the whole document is `(Root)`. */
export function fieldOf(place: Place): string {
  const names: string[] = [];
  for (let at: Place | undefined = place; at !== undefined; at = at.outer) names.push(at.name);
  names.reverse();
  return names.length > 1 ? names.slice(1).join(".") : (names[0] ?? "");
}
