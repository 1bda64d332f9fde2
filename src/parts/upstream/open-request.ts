import type { WireRequest } from "./wire.ts";

/** Questions that a server may ask in one call. Each stops the clock of the call, so they must end. */
const MAX_QUESTIONS = 16;

/**
 * A request of ours that waits for its answer: its deadline, which stands still while the server waits for an answer of
 * ours, and the questions that are open. A base and not a part, because one is made for each call.
 */
export abstract class OpenRequest {
  readonly request: WireRequest;
  #timer: NodeJS.Timeout | undefined;
  #leftMs: number;
  #since = 0;
  #asked = 0;
  /** JSON texts of the ids that the server gave its questions. */
  #open: Set<string> | undefined;

  constructor(request: WireRequest) {
    this.request = request;
    this.#leftMs = request.timeoutMs;
    if (request.onQuestion !== undefined) this.#since = performance.now();
    this.#timer = setTimeout(expire, request.timeoutMs, this);
  }

  /** The deadline passed. */
  abstract expire(): void;

  /** Takes a question in and stops the clock. False if there were too many, or if one with this id is open. */
  openQuestion(id: string): boolean {
    this.#open ??= new Set();
    if (this.#timer === undefined && this.#open.size === 0) return false;
    if (this.#asked >= MAX_QUESTIONS || this.#open.has(id)) return false;
    this.#asked++;
    if (this.#open.size === 0) this.#stop();
    this.#open.add(id);
    return true;
  }

  /** The question was answered, or taken back. False if nobody waits for its answer any more. */
  closeQuestion(id: string): boolean {
    if (this.#open?.delete(id) !== true) return false;
    if (this.#open.size === 0) this.#start();
    return true;
  }

  /** The request has its answer: no deadline any more, and no answer to a question is of use. */
  protected close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#open?.clear();
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#leftMs = Math.max(1, this.#leftMs - (performance.now() - this.#since));
  }

  #start(): void {
    this.#since = performance.now();
    this.#timer = setTimeout(expire, this.#leftMs, this);
  }
}

function expire(request: OpenRequest): void {
  request.expire();
}
