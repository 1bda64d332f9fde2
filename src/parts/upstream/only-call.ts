import type { Clock } from "../../platform/clock.ts";
import type { Pending } from "./wire.ts";

/** How long a question may still belong to a call that was given up: a server may not have noticed yet. */
const LATE_MS = 60_000;

/**
 * The calls of clients that are under way, for questions that name none: such a question belongs to the only call there
 * is, or to nobody. With two callers, one could be asked what the other's call needs.
 */
export class OnlyCall {
  readonly #clock: Clock;
  readonly #calls = new Set<Pending>();
  /** Until when a question may belong to a call that nobody waits for any more, Unix milliseconds. */
  #lateUntil = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Gives back how to take it out again. */
  add(call: Pending): () => void {
    this.#calls.add(call);
    return () => this.#calls.delete(call);
  }

  /** As `add`, for a call that takes several requests, none of which counts by itself; `late` if it was given up. */
  hold(call: Pending): (late: boolean) => void {
    const remove = this.add(call);
    return (late) => {
      remove();
      if (late) this.late();
    };
  }

  /** A call was given up that the server may still be at. */
  late(): void {
    this.#lateUntil = this.#clock.now() + LATE_MS;
  }

  /** The server is gone, and with it everything it was at. */
  forget(): void {
    this.#lateUntil = 0;
  }

  get(): Pending | undefined {
    if (this.#calls.size !== 1 || this.#clock.now() < this.#lateUntil) return undefined;
    const [only] = this.#calls;
    return only?.request.link?.era === "session" ? only : undefined;
  }
}
