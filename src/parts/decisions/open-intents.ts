import type { OpenIntent } from "./line.ts";

const INTENT = '{"kind":"intent","id":"';
const OUTCOME = '{"kind":"outcome","id":"';

/** What one append changed, so that it can be taken back when the disk refuses it. */
export interface IntentChange {
  readonly id: string;
  readonly before: OpenIntent | undefined;
}

/** Intents without an outcome. Holds what is under way and nothing else, however long the log is. */
export class OpenIntents {
  readonly #open = new Map<string, OpenIntent>();

  note(body: string, seq: number, segment: number): IntentChange | undefined {
    if (body.startsWith(INTENT)) {
      const id = body.slice(INTENT.length, body.indexOf('"', INTENT.length));
      const before = this.#open.get(id);
      this.#open.set(id, { id, seq, segment });
      return { id, before };
    }
    if (body.startsWith(OUTCOME)) {
      const id = body.slice(OUTCOME.length, body.indexOf('"', OUTCOME.length));
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
