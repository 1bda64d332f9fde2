import type { ImpactRow } from "./report.ts";
import type { ImpactWord } from "./words.ts";

type Counts = Record<ImpactWord, number>;

const MOST_ROWS = 10_000;
const OTHERS = "(others)";

/** Counts words by agent or by target. */
export class WordTable {
  readonly #rows = new Map<string, Counts>();

  add(what: string, word: ImpactWord): void {
    const key = this.#rows.has(what) || this.#rows.size < MOST_ROWS ? what : OTHERS;
    const row = this.#rows.get(key) ?? none();
    this.#rows.set(key, row);
    row[word] += 1;
  }

  /** What is touched most comes first. */
  told(): readonly ImpactRow[] {
    const rows = [...this.#rows].map(([what, counts]) => ({ what, counts }));
    return rows.sort((a, b) => touched(b.counts) - touched(a.counts) || b.counts.same - a.counts.same || (a.what < b.what ? -1 : 1));
  }
}

function none(): Counts {
  return { same: 0, changed: 0, "would-deny": 0, "would-allow": 0, "would-ask": 0, unjudgeable: 0 };
}

/** How many of them are not the same. */
export function touched({ same: _, ...others }: Readonly<Counts>): number {
  return Object.values(others).reduce((sum, count) => sum + count, 0);
}
