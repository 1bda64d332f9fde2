import type { Replicas } from "./replicas.ts";
import type { Topics } from "./topics.ts";

export type AskOptions = Parameters<Replicas["ask"]>[3];
export type Reply = Awaited<ReturnType<Replicas["ask"]>>;

export const away: Reply = Object.freeze({ kind: "away" });

/** One question that waits for its answer: until its deadline, until nobody wants to know any more, or until this process ends. */
export class Asked {
  readonly topic: string;
  /** Never rejects. */
  readonly reply: Promise<Reply>;
  readonly #options: AskOptions;
  readonly #topics: Topics;
  readonly #resolve: (reply: Reply) => void;
  readonly #onEnd: (gaveUp: boolean) => void;
  readonly #giveUp = () => this.giveUp();
  readonly #timer: NodeJS.Timeout;
  #ended = false;

  /** `onEnd` is called once, with whether the other side still works on an answer that nobody waits for any more. */
  constructor(topic: string, options: AskOptions, topics: Topics, onEnd: (gaveUp: boolean) => void) {
    const { promise, resolve } = Promise.withResolvers<Reply>();
    this.topic = topic;
    this.reply = promise;
    this.#resolve = resolve;
    this.#options = options;
    this.#topics = topics;
    this.#onEnd = onEnd;
    this.#timer = setTimeout(this.#giveUp, options.timeoutMs);
    options.signal?.addEventListener("abort", this.#giveUp, { once: true });
  }

  get ended(): boolean {
    return this.#ended;
  }

  event(payload: unknown): void {
    if (this.#ended) return;
    this.#timer.refresh();
    try {
      this.#options.onEvent?.(payload);
    } catch (error) {
      this.#topics.failed(this.topic, error);
    }
  }

  answer(value: unknown): void {
    this.#end({ kind: "answer", value }, false);
  }

  /** The replica is not there, or could not answer. */
  failed(): void {
    this.#end(away, false);
  }

  giveUp(): void {
    this.#end(away, true);
  }

  #end(reply: Reply, gaveUp: boolean): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#options.signal?.removeEventListener("abort", this.#giveUp);
    this.#onEnd(gaveUp);
    this.#resolve(reply);
  }
}
