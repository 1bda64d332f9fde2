import type { ReservationId } from "../../core/ids.ts";

const MOST_AT_ONCE = 64;
const LONGEST_WAIT_MS = 10;
const MOST_OPEN = 100_000;

/**
 * Commits that need not be waited for. A dispatched hold expires to a commit, so a commit of exactly what was held
 * changes no counter: it only closes the hold sooner. Losing one costs a few bytes until the hold expires, which is why
 * many can share one round trip that no call waits for.
 */
export class CommitQueue {
  readonly #send: (ids: readonly ReservationId[]) => Promise<unknown>;
  /** Holds of this process that are dispatched and not settled. */
  readonly #open = new Set<ReservationId>();
  #waiting = new Set<ReservationId>();
  #timer: NodeJS.Timeout | undefined;

  constructor(send: (ids: readonly ReservationId[]) => Promise<unknown>) {
    this.#send = send;
  }

  opened(id: ReservationId): void {
    // Whoever never settles must not fill this set; a hold that is forgotten here is committed by a round trip of its own.
    if (this.#open.size >= MOST_OPEN) this.#open.clear();
    this.#open.add(id);
  }

  /** The hold is settled in another way. */
  closed(id: ReservationId): void {
    this.#open.delete(id);
  }

  /** Whether the commit is taken over. */
  takes(id: ReservationId): boolean {
    if (!this.#open.delete(id)) return this.#waiting.has(id);
    this.#waiting.add(id);
    if (this.#waiting.size >= MOST_AT_ONCE) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), LONGEST_WAIT_MS);
    return true;
  }

  isWaiting(id: ReservationId): boolean {
    return this.#waiting.has(id);
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting.size === 0) return;
    const ids = [...this.#waiting];
    this.#waiting = new Set();
    await this.#send(ids);
  }
}
