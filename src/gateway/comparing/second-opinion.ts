import { Worker } from "node:worker_threads";
import { messageOf } from "../../core/errors.ts";
import type { Logger } from "../../platform/logger.ts";
import type { Compared, FromThread, Noted, ThreadData } from "./messages.ts";
import { agentIn } from "./principal-in.ts";

/** From sources, Node strips the types of `thread.ts`; in the package it stands compiled beside this file. */
const threadFile = new URL(import.meta.url.endsWith(".ts") ? "./thread.ts" : "./thread.js", import.meta.url);

/** Batches that wait for the thread. What comes on top of them is given up: it would only be older when it is compared. */
const MOST_WAITING = 4;
/** Threads that may end by themselves, one after the other, before nothing is asked any more. */
const MOST_TRIES = 3;

interface Batch {
  readonly noted: readonly Noted[];
  readonly settle: (opinion: Compared | undefined) => void;
}

/** A bundle that is asked in a thread of its own. A thread that ends by itself has failed each call that it was asked about. */
export class SecondOpinion {
  readonly #data: ThreadData;
  readonly #logger: Logger;
  readonly #waiting: Batch[] = [];
  #worker: Worker | undefined;
  #asked: Batch | undefined;
  #ready = false;
  #tries = 0;
  #closed = false;

  constructor(data: ThreadData, logger: Logger) {
    this.#data = data;
    this.#logger = logger;
    this.#start();
  }

  /** `undefined` when it was closed before it answered. */
  ask(noted: readonly Noted[]): Promise<Compared | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    const { promise, resolve } = Promise.withResolvers<Compared | undefined>();
    this.#waiting.push({ noted, settle: resolve });
    if (this.#waiting.length > MOST_WAITING) this.#giveUpOldest();
    this.#next();
    return promise;
  }

  #giveUpOldest(): void {
    const batch = this.#waiting.shift();
    batch?.settle({ same: 0, found: [], skipped: batch.noted.length });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#asked?.settle(undefined);
    for (const batch of this.#waiting.splice(0)) batch.settle(undefined);
    await this.#worker?.terminate();
  }

  #start(): void {
    const worker = new Worker(threadFile, { workerData: this.#data });
    worker.unref();
    worker.on("message", (message: FromThread) => this.#hear(message));
    worker.once("error", (error) => this.#gone(messageOf(error)));
    worker.once("exit", (code) => this.#gone(`its thread ended with ${code}`));
    this.#worker = worker;
    this.#ready = false;
  }

  #hear(message: FromThread): void {
    switch (message.kind) {
      case "ready":
        this.#ready = true;
        break;
      case "unusable":
        this.#tries = MOST_TRIES;
        this.#gone(message.detail);
        return;
      case "compared":
        this.#tries = 0;
        this.#asked?.settle(message);
        this.#asked = undefined;
    }
    this.#next();
  }

  #next(): void {
    if (this.#tries >= MOST_TRIES) {
      for (const batch of this.#waiting.splice(0)) batch.settle(failed(batch.noted));
      return;
    }
    if (!this.#ready || this.#asked !== undefined) return;
    this.#asked = this.#waiting.shift();
    if (this.#asked !== undefined) this.#worker?.postMessage(this.#asked.noted);
  }

  #gone(detail: string): void {
    if (this.#closed || this.#worker === undefined) return;
    this.#worker.removeAllListeners();
    void this.#worker.terminate();
    this.#worker = undefined;
    this.#tries += 1;
    this.#logger.error({ detail }, "the second bundle of a rollout cannot be asked");
    const asked = this.#asked;
    this.#asked = undefined;
    asked?.settle(failed(asked.noted));
    if (this.#tries < MOST_TRIES) this.#start();
    this.#next();
  }
}

/** No answer is the worst of answers: what a rule on failures makes of it must not depend on how the thread ended. */
function failed(noted: readonly Noted[]): Compared {
  const found = noted.map(
    ({ id, target, recordText }) => ({ id, flip: "failed", agent: agentIn(recordText), target, rule: "gateway" }) as const,
  );
  return { same: 0, found, skipped: 0 };
}
