import type { FastifyReply } from "fastify";

/** A reader that lets this much pile up is gone, or means harm. */
const MAX_BACKLOG_BYTES = 4 * 1024 * 1024;

/** An answer as server-sent events (HTML standard, section 9.2), one JSON-RPC message each. It takes the reply over for good. */
export class EventStream {
  readonly #reply: FastifyReply;
  #open = true;

  constructor(reply: FastifyReply, headers: Readonly<Record<string, string>> = {}) {
    this.#reply = reply;
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
  }

  get open(): boolean {
    return this.#open;
  }

  /** Calls back once, when the stream ends for whatever reason. */
  onClose(listener: () => void): void {
    this.#reply.raw.once("close", listener);
  }

  /** `text` is one JSON-RPC message. It holds no line break: JSON escapes them. */
  send(text: string): void {
    this.#write(`event: message\ndata: ${text}\n\n`);
  }

  comment(): void {
    this.#write(": keep-alive\n\n");
  }

  end(text?: string): void {
    if (!this.#open) return;
    if (text !== undefined) this.send(text);
    this.#open = false;
    this.#reply.raw.end();
  }

  #write(frame: string): void {
    if (!this.#open) return;
    this.#reply.raw.write(frame);
    if (this.#reply.raw.writableLength > MAX_BACKLOG_BYTES) {
      this.#open = false;
      this.#reply.raw.destroy();
    }
  }
}
