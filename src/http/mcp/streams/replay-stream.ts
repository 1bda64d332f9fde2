import { type EventId, eventIdText } from "./event-id.ts";
import { COMMENT, frameOf, type Line, type Sink } from "./event-stream.ts";
import { ReplayBuffer } from "./replay-buffer.ts";

/** How long a client of 2025-11-25 should wait before it connects again, in milliseconds. */
const RETRY_MS = 1_000;

export interface StreamOwner {
  readonly session: string;
  /** Who may resume it: `Caller.key`. */
  readonly owner: string;
}

/** The answer to a request, or the news of a session. */
export type StreamKind = "answer" | "news";

/**
 * A stream of a session that outlives its connection: every event has a number, and the newest ones are kept, so that its
 * client can come back and miss nothing. One reader at a time; the newest takes over.
 */
export class ReplayStream implements Sink {
  readonly id: string;
  readonly kind: StreamKind;
  readonly session: string;
  readonly owner: string;
  readonly buffer = new ReplayBuffer();
  readonly #replica: string;
  readonly #grew: (stream: ReplayStream, bytes: number) => void;
  readonly #closed: (() => void)[] = [];
  readonly #givenUp = new Set<() => void>();
  #line: Line | undefined;
  #commentedAt: number;
  #ended = false;
  #left = false;
  #delivered = false;
  /** Unix milliseconds since when nobody reads; `undefined` while somebody does. Kept by the sweep. */
  aloneSince: number | undefined;

  constructor(
    replica: string,
    id: string,
    kind: StreamKind,
    of: StreamOwner,
    now: number,
    grew: (stream: ReplayStream, bytes: number) => void,
  ) {
    this.#replica = replica;
    this.id = id;
    this.kind = kind;
    this.session = of.session;
    this.owner = of.owner;
    this.#commentedAt = now;
    this.#grew = grew;
  }

  get attended(): boolean {
    return this.#line !== undefined;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Whether its end was written to somebody. */
  get delivered(): boolean {
    return this.#delivered;
  }

  /** The first reader. `primed`: it understands an event without data, from which it learns where to come back to. */
  begin(line: Line, primed: boolean): void {
    this.#take(line);
    if (primed) line.write(`id: ${this.#idOf(0)}\nretry: ${RETRY_MS}\ndata: \n\n`);
  }

  /** Whether a reader that heard the event of this number could come back without missing any. */
  canResume(after: number): boolean {
    return !this.#left && this.buffer.after(after) !== undefined;
  }

  /** A reader that comes back. False if it would miss events; then nothing changes. */
  resume(line: Line, after: number): boolean {
    const missed = this.buffer.after(after);
    if (missed === undefined || this.#left) return false;
    this.#take(line);
    // As one: what piles up by it does not count against its reader.
    if (missed.length > 0) line.write(missed.join(""));
    if (this.#ended) this.#deliver(line);
    return true;
  }

  send(text: string): void {
    if (this.#ended) return;
    const frame = `id: ${this.#idOf(this.buffer.next)}\n${frameOf(text)}`;
    const grown = this.buffer.add(frame);
    this.#line?.write(frame);
    this.#grew(this, grown);
  }

  comment(): void {
    this.#line?.write(COMMENT);
  }

  /** Somebody reads at this time. Now and then a comment shows everything on the way that the stream lives. */
  touch(now: number, commentMs: number): void {
    this.aloneSince = undefined;
    if (now - this.#commentedAt < commentMs) return;
    this.#commentedAt = now;
    this.comment();
  }

  end(text?: string): void {
    if (this.#ended) return;
    if (text !== undefined) this.send(text);
    this.#ended = true;
    if (this.#line === undefined) this.aloneSince = undefined;
    else this.#deliver(this.#line);
  }

  /** Its reader stays away too long to be waited for: whoever waits for an answer hears of it. */
  giveUp(): void {
    for (const listener of [...this.#givenUp]) listener();
  }

  /** Calls back when nobody has read for long, or the stream is gone, until the function given back is called. */
  onGivenUp(listener: () => void): () => void {
    this.#givenUp.add(listener);
    return () => this.#givenUp.delete(listener);
  }

  /** Nobody will come back any more: what was kept is gone. */
  leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.end();
    this.giveUp();
    for (const listener of this.#closed) listener();
  }

  /** Calls back when the stream is gone for good, not when a connection is. */
  onClose(listener: () => void): void {
    if (this.#left) queueMicrotask(listener);
    else this.#closed.push(listener);
  }

  #take(line: Line): void {
    const before = this.#line;
    this.#line = line;
    this.aloneSince = undefined;
    // Who resumes over and over without reading must not leave what it did not read in as many connections.
    before?.cut();
    line.onClose(() => {
      if (this.#line === line) this.#line = undefined;
    });
  }

  #deliver(line: Line): void {
    this.#delivered = true;
    line.close();
  }

  #idOf(number: number): EventId {
    return eventIdText({ replica: this.#replica, stream: this.id, number });
  }
}
