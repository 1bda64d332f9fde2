import type { Dispatcher, Pool } from "undici";
import { type Members, parsed } from "./answer.ts";
import { EVENTS, EventStream, isType } from "./event-stream.ts";
import { incoming, type News } from "./messages.ts";
import { backOff, type Schedule } from "./wire.ts";

export interface ListenOptions {
  readonly pool: Pool;
  readonly request: Dispatcher.DispatchOptions & { readonly headers: readonly string[] };
  readonly schedule: Schedule;
  readonly onServerRequest: (message: Members, text: string) => void;
  readonly onNews: (news: News) => void;
  /** The stream stands, or the server does not want one: told each time. */
  readonly onStanding: () => void;
  readonly onListeningAgain: () => void;
  readonly onLost: (detail: string) => void;
}

const MESSAGE_BYTES = 1_048_576;
const RETRY_BASE_MS = 1_000;
const RETRY_MAX_MS = 60_000;
/** A server that asks for things on this stream is answered so often in one opening, then no longer. */
const SERVER_REQUESTS = 64;

const stopped = new Error("stopped");

/** Keeps the stream open on which a server speaks unasked. Gives back how to stop. */
export function listenStream(options: ListenOptions): () => void {
  let attempt = 0;
  let lastId: string | undefined;
  let retryMs = 0;
  let over = false;
  let stood = false;
  let cancel: (() => void) | undefined;
  let controller: Dispatcher.DispatchController | undefined;

  const again = () => {
    if (over) return;
    cancel = options.schedule(open, Math.max(retryMs, backOff(attempt++, RETRY_BASE_MS, RETRY_MAX_MS)));
  };
  const open = () => {
    const headers = lastId === undefined ? options.request.headers : [...options.request.headers, "last-event-id", lastId];
    options.pool.dispatch(
      { ...options.request, headers: [...headers] },
      new ListenHandler(options, {
        onController: (mine) => {
          controller = mine;
          if (over) mine.abort(stopped);
        },
        onOpen: () => {
          stood = true;
          options.onStanding();
          if (attempt > 0) options.onListeningAgain();
        },
        // Only what is said counts: a server that closes each stream at once is asked less and less often.
        onData: () => {
          attempt = 0;
        },
        onRefused: (status) => {
          options.onStanding();
          // A server without such a stream may say 404 too; only one that had it can have lost the session.
          if (status === 404 && stood && options.request.method === "GET") options.onLost("the server no longer knows the session");
          else if (status === 429 || status >= 500) again();
        },
        onEnd: (stream) => {
          // A subscription is a request of its own each time; only a stream of a session goes on.
          if (options.request.method === "GET") lastId = stream.lastId ?? lastId;
          retryMs = stream.retryMs ?? retryMs;
          again();
        },
      }),
    );
  };
  open();
  return () => {
    over = true;
    cancel?.();
    controller?.abort(stopped);
  };
}

interface ListenEvents {
  readonly onController: (controller: Dispatcher.DispatchController) => void;
  readonly onOpen: () => void;
  readonly onData: () => void;
  /** Any status but 200 with events: 405 says that there is no such stream. */
  readonly onRefused: (status: number) => void;
  readonly onEnd: (stream: EventStream) => void;
}

class ListenHandler implements Dispatcher.DispatchHandler {
  readonly #options: ListenOptions;
  readonly #on: ListenEvents;
  readonly #stream: EventStream;
  #serverRequests = 0;
  #done = false;

  constructor(options: ListenOptions, on: ListenEvents) {
    this.#options = options;
    this.#on = on;
    this.#stream = new EventStream((data) => this.#onEvent(data), MESSAGE_BYTES);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#on.onController(controller);
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (status < 200) return;
    const type = headers["content-type"];
    if (status === 200 && isType(type, EVENTS)) {
      this.#on.onOpen();
      return;
    }
    this.#done = true;
    this.#on.onRefused(status);
    controller.abort(stopped);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#done) return;
    this.#on.onData();
    if (this.#stream.feed(chunk) !== undefined) controller.abort(stopped);
  }

  onResponseEnd(): void {
    this.#end();
  }

  onResponseError(): void {
    this.#end();
  }

  #end(): void {
    if (this.#done) return;
    this.#done = true;
    this.#on.onEnd(this.#stream);
  }

  #onEvent(data: string): void {
    const what = incoming(parsed(data));
    if (what.kind === "news") this.#options.onNews(what.news);
    else if (what.kind === "request" && ++this.#serverRequests <= SERVER_REQUESTS) this.#options.onServerRequest(what.message, data);
  }
}
