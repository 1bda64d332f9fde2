import type { OpenIntent } from "./line.ts";

const INTENT = '{"kind":"intent","id":"';
const OUTCOME = '{"kind":"outcome","id":"';

/** What one append changed, so that it can be taken back when the disk refuses it. */
export interface IntentChange {
  readonly id: string;
  readonly before: OpenIntent | undefined;
}

const scratch = Buffer.alloc(256);

/**
 * The same text without the record that it was cut from. A slice keeps its whole record alive, and a map from which entries
 * are taken keeps what it held for longer than one would think: its old tables point to the new ones.
 */
function ownCopy(id: string): string {
  const length = scratch.write(id, 0);
  return length === id.length ? scratch.toString("latin1", 0, length) : id;
}

/** Intents without an outcome. Holds what is under way and nothing else, however long the log is. */
export class OpenIntents {
  readonly #open = new Map<string, OpenIntent>();

  note(body: string, seq: number, segment: number): IntentChange | undefined {
    if (body.startsWith(INTENT)) {
      const id = ownCopy(body.slice(INTENT.length, body.indexOf('"', INTENT.length)));
      const before = this.#open.get(id);
      this.#open.set(id, { id, seq, segment });
      return { id, before };
    }
    if (body.startsWith(OUTCOME)) {
      const id = ownCopy(body.slice(OUTCOME.length, body.indexOf('"', OUTCOME.length)));
      const before = this.#open.get(id);
      this.#open.delete(id);
      return { id, before };
    }
    return undefined;
  }

  /** Changes are taken back newest first. */
  undo(change: IntentChange): void {
    if (change.before === undefined) this.#open.delete(change.id);
    else this.#open.set(change.id, change.before);
  }

  close(id: string): void {
    this.#open.delete(id);
  }

  list(): OpenIntent[] {
    return [...this.#open.values()];
  }
}
