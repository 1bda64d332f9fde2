import { didYouMean } from "../../core/mistakes.ts";

/** After so many different words nobody reads on; looking for more would take minutes in a table of thousands. */
const MOST_WORDS = 200;

/** Answers "did you mean …?" among words that are many, for words that are misspelt again and again. */
export class Nearest {
  readonly #words: () => Iterable<string>;
  readonly #answers = new Map<string, string | undefined>();

  constructor(words: () => Iterable<string>) {
    this.#words = words;
  }

  to(word: string): string | undefined {
    if (this.#answers.has(word) || this.#answers.size >= MOST_WORDS) return this.#answers.get(word);
    const answer = didYouMean(word, this.#words());
    this.#answers.set(word, answer);
    return answer;
  }
}

const tables = new WeakMap<object, Nearest>();

/** The nearest key of a table. */
export function nearestKey(table: object, word: string): string | undefined {
  const known = tables.get(table) ?? new Nearest(() => Object.keys(table));
  tables.set(table, known);
  return known.to(word);
}
