import type { Session } from "./sessions.ts";

const BELIEVED_MS = 1_000;
const MOST = 10_000;

export interface Belief {
  readonly session: Session;
  readonly since: number;
  readonly until: number;
  usedAt: number;
}

/** Sessions that were read a moment ago, so that not every request of a busy one asks the store. */
export class Believed {
  readonly #beliefs = new Map<string, Belief>();

  /** The session if it was read less than a second ago. Whoever serves it notes the use, of which the store does not know yet. */
  get(id: string, now: number): Belief | undefined {
    const belief = this.#beliefs.get(id);
    return belief === undefined || now < belief.since || now >= belief.until ? undefined : belief;
  }

  /** When the session was last used here. */
  usedAt(id: string): number | undefined {
    return this.#beliefs.get(id)?.usedAt;
  }

  add(session: Session, now: number, leftMs: number): void {
    // Taken out first: who was read last stands last, and is forgotten last.
    this.#beliefs.delete(session.id);
    if (this.#beliefs.size >= MOST) this.#forgetOldest();
    this.#beliefs.set(session.id, { session, since: now, until: now + Math.min(BELIEVED_MS, leftMs), usedAt: now });
  }

  forget(id: string): void {
    this.#beliefs.delete(id);
  }

  clear(): void {
    this.#beliefs.clear();
  }

  #forgetOldest(): void {
    const oldest = this.#beliefs.keys().next();
    if (oldest.done !== true) this.#beliefs.delete(oldest.value);
  }
}
