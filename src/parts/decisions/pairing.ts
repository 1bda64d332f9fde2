import { isObject, type RecordStart } from "./line.ts";

export interface Unpaired {
  readonly count: number;
  /** The first ones. */
  readonly ids: readonly string[];
}

export interface Pairs {
  /** Intents whose outcome is not there: under way in a live log, else cut off by the end of the process. */
  readonly withoutOutcome: Unpaired;
  /** Outcomes whose intent is not there. */
  readonly withoutIntent: Unpaired;
  /** Intents that a later process closed as aborted. */
  readonly aborted: number;
  /** Stretches in which the log took nothing. */
  readonly gaps: number;
}

const NAMED = 20;

/** Pairs intents with outcomes by id, across the logs of a folder: an aborted outcome stands in the log after its intent. */
export class Pairing {
  readonly #open = new Set<string>();
  readonly #stray: string[] = [];
  #strayCount = 0;
  #aborted = 0;
  #gaps = 0;

  note(start: RecordStart, body: Readonly<Record<string, unknown>>): void {
    if (start.kind === "intent") this.#open.add(start.id);
    else if (start.kind === "outcome") this.#outcome(start.id, body.aborted === true);
    else if (start.kind === "gap") this.#gap(body.kept);
  }

  pairs(): Pairs {
    return {
      withoutOutcome: { count: this.#open.size, ids: [...this.#open].slice(0, NAMED) },
      withoutIntent: { count: this.#strayCount, ids: this.#stray },
      aborted: this.#aborted,
      gaps: this.#gaps,
    };
  }

  #outcome(id: string, aborted: boolean): void {
    if (this.#open.delete(id)) {
      if (aborted) this.#aborted += 1;
      return;
    }
    this.#strayCount += 1;
    if (this.#stray.length < NAMED) this.#stray.push(id);
  }

  /** Intents that were refused but whose line stays: nothing was dispatched for them. */
  #gap(kept: unknown): void {
    this.#gaps += 1;
    if (!Array.isArray(kept)) return;
    for (const entry of kept) if (isObject(entry) && typeof entry.id === "string") this.#open.delete(entry.id);
  }
}
