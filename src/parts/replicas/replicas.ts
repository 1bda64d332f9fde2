/**
 * The other processes that serve the same tenants. What one of them holds in memory - an open stream, a parked call - is
 * reached from all of them by its replica's id, which stands in the ids that it gives out.
 */
export interface Replicas {
  /** This process; of letters, digits and `_` only. */
  readonly id: string;
  /**
   * Answers questions of the others, and of this process itself, on a topic. One handler a topic; one that fails answers
   * `away`. The signal says that nobody waits for the answer any more: the asker gave up, or is gone.
   */
  serve(topic: string, handler: (payload: unknown, send: (event: unknown) => void, signal: AbortSignal) => Promise<unknown>): void;
  /**
   * Asks one replica and waits for its answer; events come before it, in order. Payloads are JSON values of at most a
   * mebibyte as text. An answer of `away` says that no such replica answered in time, or that nothing could be carried;
   * the deadline starts anew with each event.
   */
  ask(
    replica: string,
    topic: string,
    payload: unknown,
    options: { readonly timeoutMs: number; readonly signal?: AbortSignal; readonly onEvent?: (event: unknown) => void },
  ): Promise<{ readonly kind: "answer"; readonly value: unknown } | { readonly kind: "away" }>;
  /** Tells every replica, this one included. Nobody answers; a replica that is cut off misses it. */
  tell(topic: string, payload: unknown): void;
  onTold(topic: string, listener: (payload: unknown) => void): () => void;
  close(): Promise<void>;
}
