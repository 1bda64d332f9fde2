import { randomBytes } from "node:crypto";
import type { Clock } from "../../../platform/clock.ts";
import { ReplayStream, type StreamKind, type StreamOwner } from "./replay-stream.ts";

/** How long a stream waits for its reader to come back, and what was delivered is kept, in case it was not. */
export const LINGER_MS = 60_000;
/** How long an answer is kept that nobody was there to read. */
const UNDELIVERED_MS = 5 * LINGER_MS;
/** Streams that a caller can still come back to; the oldest that have ended, or that nobody reads, go first. */
const MAX_STREAMS_PER_CALLER = 256;

interface Held {
  bytes: number;
  readonly streams: Set<ReplayStream>;
}

/** All streams of sessions that begin in this process, and what of them is kept: bounded in bytes for each caller. */
export class Replays {
  readonly #clock: Clock;
  readonly #replica: string;
  readonly #bytesPerCaller: number;
  readonly #commentMs: number;
  readonly #streams = new Map<string, ReplayStream>();
  readonly #callers = new Map<string, Held>();

  constructor(replica: string, bytesPerCaller: number, commentMs: number, clock: Clock) {
    this.#clock = clock;
    this.#replica = replica;
    this.#commentMs = commentMs;
    this.#bytesPerCaller = bytesPerCaller;
  }

  open(kind: StreamKind, of: StreamOwner): ReplayStream {
    const held = this.#heldBy(of.owner);
    if (held.streams.size >= MAX_STREAMS_PER_CALLER) this.#makeRoom(held);
    const stream = new ReplayStream(this.#replica, randomBytes(12).toString("hex"), kind, of, this.#clock.now(), (grown, bytes) =>
      this.#grew(grown, bytes),
    );
    this.#streams.set(stream.id, stream);
    held.streams.add(stream);
    stream.onClose(() => this.#forget(stream));
    return stream;
  }

  /** The stream, if it belongs to this session and caller. A foreign one looks like none. */
  find(id: string, of: StreamOwner): ReplayStream | undefined {
    const stream = this.#streams.get(id);
    return stream?.session === of.session && stream.owner === of.owner ? stream : undefined;
  }

  /**
   * Writes a comment now and then on streams that are read, and lets go of those that nobody comes back to. A stream whose
   * answer is still being made stays: its call runs on until its own deadline.
   */
  sweep(now: number): void {
    for (const stream of this.#streams.values()) {
      if (stream.attended) stream.touch(now, this.#commentMs);
      else if (stream.aloneSince === undefined) stream.aloneSince = now;
      else {
        const alone = now - stream.aloneSince;
        if (alone < LINGER_MS) continue;
        stream.giveUp();
        if (stream.ended ? stream.delivered || alone >= UNDELIVERED_MS : stream.kind === "news") stream.leave();
      }
    }
  }

  endSession(session: string): void {
    for (const stream of this.#streams.values()) if (stream.session === session) stream.leave();
  }

  close(): void {
    for (const stream of this.#streams.values()) stream.leave();
  }

  bytesOf(owner: string): number {
    return this.#callers.get(owner)?.bytes ?? 0;
  }

  #heldBy(owner: string): Held {
    let held = this.#callers.get(owner);
    if (held === undefined) {
      held = { bytes: 0, streams: new Set() };
      this.#callers.set(owner, held);
    }
    return held;
  }

  #grew(stream: ReplayStream, bytes: number): void {
    const held = this.#callers.get(stream.owner);
    if (held === undefined) return;
    held.bytes += bytes;
    while (held.bytes > this.#bytesPerCaller) {
      let largest = stream;
      for (const other of held.streams) if (other.buffer.bytes > largest.buffer.bytes) largest = other;
      const freed = largest.buffer.dropOldest();
      if (freed === 0) return;
      held.bytes -= freed;
    }
  }

  #makeRoom(held: Held): void {
    for (const stream of held.streams) {
      if (stream.attended) continue;
      stream.leave();
      if (held.streams.size < MAX_STREAMS_PER_CALLER) return;
    }
  }

  #forget(stream: ReplayStream): void {
    this.#streams.delete(stream.id);
    const held = this.#callers.get(stream.owner);
    if (held?.streams.delete(stream) !== true) return;
    held.bytes -= stream.buffer.bytes;
    if (held.streams.size === 0) this.#callers.delete(stream.owner);
  }
}
