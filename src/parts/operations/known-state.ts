import { noOperations, type OperationsState } from "../../core/operations.ts";
import type { Logger } from "../../platform/logger.ts";

/** The state as one process knows it. It only rises, and whoever listens hears it rise, in order. */
export class KnownState {
  #current: OperationsState;
  readonly #listeners = new Set<(state: OperationsState) => void>();
  readonly #waiting: OperationsState[] = [];
  readonly #logger: Logger;
  #telling = false;

  constructor(logger: Logger, start: OperationsState = noOperations) {
    this.#logger = logger;
    this.#current = start;
  }

  get current(): OperationsState {
    return this.#current;
  }

  /** Takes a newer state and tells it; one that is not newer changes nothing. */
  rise(state: OperationsState): void {
    if (state.version <= this.#current.version) return;
    this.#current = state;
    this.#waiting.push(state);
    // A listener that changes the state again must not make the others hear the second change before the first.
    if (this.#telling) return;
    this.#telling = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) this.#tell(next);
    } finally {
      this.#telling = false;
    }
  }

  onChange(listener: (state: OperationsState) => void): () => void {
    const own = (state: OperationsState): void => listener(state);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** One that throws keeps nobody else from hearing of a quarantine. */
  #tell(state: OperationsState): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(state);
      } catch (error) {
        this.#logger.error({ error: String(error), version: state.version }, "a listener of operations failed");
      }
    }
  }
}
