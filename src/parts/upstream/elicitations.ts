/** Who waits to hear that an elicitation is done, by the id that the server gave it. */
export class Elicitations {
  readonly #waiting = new Map<string, Set<() => void>>();

  /** Hears of it once, until the function given back is called. */
  follow(id: string, onDone: () => void): () => void {
    const listener = () => onDone();
    const listeners = this.#waiting.get(id) ?? new Set();
    this.#waiting.set(id, listeners.add(listener));
    return () => {
      if (listeners.delete(listener) && listeners.size === 0 && this.#waiting.get(id) === listeners) this.#waiting.delete(id);
    };
  }

  /** The server says so; again is not told again. */
  done(id: string): void {
    const listeners = this.#waiting.get(id);
    if (listeners === undefined) return;
    this.#waiting.delete(id);
    for (const listener of listeners) listener();
    listeners.clear();
  }
}
