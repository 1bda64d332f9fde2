import type { FastifyReply } from "fastify";

/** A reader that lets this much pile up, beside one message that may be larger by itself, is gone, or means harm. */
const MAX_BACKLOG_BYTES = 4 * 1024 * 1024;
/** Below this a message makes no difference to it. */
const LARGE = 256 * 1024;

/** Where the messages of one stream go, one JSON-RPC message each. */
export interface Sink {
  /** `text` is one JSON-RPC message. It holds no line break: JSON escapes them. */
  send(text: string): void;
  /** Something that is no message, so that nothing on the way takes a silent stream for dead. */
  comment(): void;
  /** The last message, if there is one, and the end. */
  end(text?: string): void;
  /** Calls back once, when nothing more can be sent, for whatever reason. */
  onClose(listener: () => void): void;
}

/** One connection to a reader, here or at another replica, that takes frames as they are. */
export interface Line {
  write(frame: string): void;
  close(): void;
  /** Ends it without waiting for a reader that does not take what was written: another one gets it. */
  cut(): void;
  /** Calls back once, when the reader is gone or the line was closed. */
  onClose(listener: () => void): void;
}

export function frameOf(text: string): string {
  return `event: message\ndata: ${text}\n\n`;
}

export const COMMENT = ": keep-alive\n\n";

/** An answer as server-sent events (HTML standard, section 9.2). It takes the reply over for good. */
export class EventStream implements Sink, Line {
  readonly #reply: FastifyReply;
  #open = true;
  /** Bytes of the largest message so far. */
  #largest: number;

  /** `missed`: bytes that may come at once, because a reader comes back to them. */
  constructor(reply: FastifyReply, headers: Readonly<Record<string, string>> = {}, missed = 0) {
    this.#reply = reply;
    this.#largest = missed;
    reply.hijack();
    reply.raw.writeHead(200, {
      "content-type": "text/event-stream",
      "cache-control": "no-cache, no-transform",
      // Some reverse proxies gather a stream until it ends unless told not to.
      "x-accel-buffering": "no",
      ...headers,
    });
    reply.raw.flushHeaders();
    reply.raw.once("close", () => {
      this.#open = false;
    });
    // A reader that was gone before we began: nobody would tell its end.
    if (reply.raw.destroyed) this.#open = false;
  }

  get open(): boolean {
    return this.#open;
  }

  onClose(listener: () => void): void {
    if (this.#reply.raw.destroyed) queueMicrotask(listener);
    else this.#reply.raw.once("close", listener);
  }

  send(text: string): void {
    this.write(frameOf(text));
  }

  comment(): void {
    this.write(COMMENT);
  }

  end(text?: string): void {
    if (text !== undefined) this.send(text);
    this.close();
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#reply.raw.end();
  }

  cut(): void {
    if (this.#open && this.#reply.raw.writableLength > 0) {
      this.#open = false;
      this.#reply.raw.destroy();
    } else this.close();
  }

  write(frame: string): void {
    if (!this.#open) return;
    const { raw } = this.#reply;
    // Looked at before it grows: a large answer must not be cut in the moment in which it is written.
    if (raw.writableLength > MAX_BACKLOG_BYTES + this.#largest) {
      this.#open = false;
      raw.destroy();
      return;
    }
    if (frame.length > LARGE) this.#largest = Math.max(this.#largest, Buffer.byteLength(frame));
    raw.write(frame);
  }
}
