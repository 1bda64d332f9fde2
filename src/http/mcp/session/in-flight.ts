import type { RequestId } from "../protocol.ts";

/** The calls that can still be cancelled, by session and request id: a session reaches its own calls and no others. */
export class InFlight {
  readonly #bySession = new Map<string, Map<RequestId, AbortController>>();

  /** False when a request of this id is under way already: a cancellation could not tell them apart. */
  add(session: string, id: RequestId, controller: AbortController): boolean {
    let calls = this.#bySession.get(session);
    if (calls === undefined) {
      calls = new Map();
      this.#bySession.set(session, calls);
    }
    if (calls.has(id)) return false;
    calls.set(id, controller);
    return true;
  }

  remove(session: string, id: RequestId): void {
    const calls = this.#bySession.get(session);
    calls?.delete(id);
    if (calls?.size === 0) this.#bySession.delete(session);
  }

  cancel(session: string, id: unknown): boolean {
    if (typeof id !== "string" && typeof id !== "number") return false;
    const controller = this.#bySession.get(session)?.get(id);
    controller?.abort();
    return controller !== undefined;
  }

  /** Aborts what a session that ended still has under way. */
  cancelAll(session: string): void {
    for (const controller of this.#bySession.get(session)?.values() ?? []) controller.abort();
  }
}
