import type { Logger } from "../../platform/logger.ts";
import type { Replicas } from "./replicas.ts";

export type Handler = Parameters<Replicas["serve"]>[1];
type Listener = (payload: unknown) => void;

/** What this process answers and hears, by topic. What goes wrong in a handler stays here, and payloads are never logged. */
export class Topics {
  readonly #logger: Logger;
  readonly #handlers = new Map<string, Handler>();
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  serve(topic: string, handler: Handler): void {
    if (this.#handlers.has(topic)) throw new Error(`the topic "${topic}" has a handler already`);
    this.#handlers.set(topic, handler);
  }

  onTold(topic: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  hear(topic: string, payload: unknown): void {
    for (const listener of this.#listeners.get(topic) ?? []) {
      try {
        listener(payload);
      } catch (error) {
        this.failed(topic, error);
      }
    }
  }

  /** The handler's answer, or `undefined` where there is none: no handler, or one that failed. */
  async run(
    topic: string,
    payload: unknown,
    send: (event: unknown) => void,
    signal: AbortSignal,
  ): Promise<{ readonly value: unknown } | undefined> {
    const handler = this.#handlers.get(topic);
    if (handler === undefined) {
      this.#logger.warn({ topic }, "a replica asked for something that is not served here");
      return undefined;
    }
    try {
      return { value: await handler(payload, send, signal) };
    } catch (error) {
      if (!signal.aborted) this.failed(topic, error);
      return undefined;
    }
  }

  failed(topic: string, error: unknown): void {
    this.#logger.error({ topic, ...whatFailed(error) }, "a message of a replica could not be dealt with");
  }

  tooLong(topic: string): void {
    this.#logger.error({ topic }, "a message for a replica is too long and was not sent");
  }
}

/** Name and place of a failure. Its message may repeat what stood in the payload. */
function whatFailed(error: unknown): { readonly error: string; readonly at?: string } {
  if (!(error instanceof Error)) return { error: typeof error };
  const at = /^ {4}at (.+)$/m.exec(error.stack ?? "")?.[1];
  return at === undefined ? { error: error.name } : { error: error.name, at };
}
