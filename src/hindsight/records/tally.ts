/** Counts by a text, the most frequent first when told. Only so many texts are kept apart. */
export class Tally {
  readonly #counts = new Map<string, number>();
  readonly #most: number;
  total = 0;

  constructor(most: number = MOST_TEXTS) {
    this.#most = most;
  }

  add(text: string): void {
    this.total += 1;
    const key = this.#counts.has(text) || this.#counts.size < this.#most ? text : OTHERS;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  told(): readonly Counted[] {
    return [...this.#counts].map(([what, count]) => ({ what, count })).sort((a, b) => b.count - a.count || (a.what < b.what ? -1 : 1));
  }
}

export interface Counted {
  readonly what: string;
  readonly count: number;
}

/** Memory must not grow with a log, whatever stands in it. */
const MOST_TEXTS = 1000;
const OTHERS = "(others)";
