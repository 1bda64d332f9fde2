import { createParser, type EventSourceParser } from "eventsource-parser";

export const EVENTS = "text/event-stream";

const RETRY_MAX_MS = 60_000;
const EVENT_ID = /^[\x21-\x7e]{1,1024}$/;

/** Server-sent events out of bytes, with a bound on what is held. */
export class EventStream {
  readonly #parser: EventSourceParser;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  #overflow = false;
  #lastId: string | undefined;
  #retryMs: number | undefined;

  /** `onNamed` hears of events that are no messages. */
  constructor(onData: (data: string) => void, maxBytes: number, onNamed?: (event: string, data: string) => void) {
    this.#parser = createParser({
      maxBufferSize: maxBytes + 1024,
      onEvent: ({ event, data }) => {
        if (event !== undefined && event !== "message") onNamed?.(event, data);
        else if (data !== "") onData(data);
      },
      onId: (id) => {
        this.#lastId = EVENT_ID.test(id) ? id : undefined;
      },
      onRetry: (ms) => {
        this.#retryMs = Math.min(ms, RETRY_MAX_MS);
      },
      onError: (error) => {
        if (error.type === "max-buffer-size-exceeded") this.#overflow = true;
      },
    });
  }

  /** From where the server can go on, if it said so in a form that a header carries. */
  get lastId(): string | undefined {
    return this.#lastId;
  }

  /** How long the server wants to be left alone before it is asked to go on. */
  get retryMs(): number | undefined {
    return this.#retryMs;
  }

  /** Undefined if all is well, else what is wrong. */
  feed(chunk: Uint8Array): "too_large" | string | undefined {
    let text: string;
    try {
      text = this.#decoder.decode(chunk, { stream: true });
    } catch {
      return "the stream has bytes that are not UTF-8";
    }
    if (!this.#overflow) this.#parser.feed(text);
    return this.#overflow ? "too_large" : undefined;
  }
}

export function isType(value: unknown, type: string): boolean {
  if (typeof value !== "string") return false;
  return value === type || (value.toLowerCase().startsWith(type) && /^\s*(;|$)/.test(value.slice(type.length)));
}
