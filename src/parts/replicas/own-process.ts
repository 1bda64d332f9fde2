import { Asked, type AskOptions, away, type Reply } from "./asked.ts";
import { textOf } from "./json-text.ts";
import type { Topics } from "./topics.ts";

/** This process as one of its own replicas: it is asked and told as from far away, through JSON and never in the sender's own turn. */
export class OwnProcess {
  readonly #topics: Topics;
  readonly #open = new Set<Asked>();

  constructor(topics: Topics) {
    this.#topics = topics;
  }

  ask(topic: string, payload: unknown, options: AskOptions): Promise<Reply> {
    const text = textOf(payload);
    if (text === undefined) this.#topics.tooLong(topic);
    if (text === undefined || options.signal?.aborted) return Promise.resolve(away);
    const controller = new AbortController();
    const asked = new Asked(topic, options, this.#topics, (gaveUp) => {
      this.#open.delete(asked);
      if (gaveUp) controller.abort();
    });
    this.#open.add(asked);
    queueMicrotask(() => void this.#answer(asked, JSON.parse(text), controller));
    return asked.reply;
  }

  tell(topic: string, text: string): void {
    queueMicrotask(() => this.#topics.hear(topic, JSON.parse(text)));
  }

  close(): void {
    for (const asked of this.#open) asked.giveUp();
  }

  async #answer(asked: Asked, payload: unknown, controller: AbortController): Promise<void> {
    /** Nothing that cannot be carried may be left out silently: the whole question fails. */
    const carry = (value: unknown, deliver: (copy: unknown) => void) => {
      if (asked.ended) return;
      const text = textOf(value);
      if (text !== undefined) return queueMicrotask(() => deliver(JSON.parse(text)));
      this.#topics.tooLong(asked.topic);
      asked.failed();
      controller.abort();
    };
    const send = (event: unknown) => carry(event, (copy) => asked.event(copy));
    const answer = await this.#topics.run(asked.topic, payload, send, controller.signal);
    if (answer === undefined) asked.failed();
    else carry(answer.value, (copy) => asked.answer(copy));
  }
}
