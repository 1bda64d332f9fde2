import type { Dispatcher } from "undici";
import { networkFault } from "./failure.ts";
import type { UpstreamFailure } from "./upstream.ts";

export interface PostEvents {
  /** Bytes may reach the server from now on. */
  readonly onStart: () => void;
  /** The server refused the message, or could not be reached. What it says beside the status is not read. */
  readonly onRefused: (status: number) => void;
  readonly onFault: (fault: Pick<UpstreamFailure, "code" | "detail">) => void;
  /** Nothing more comes of it. */
  readonly onEnd: () => void;
}

/** Nothing of the body is needed; a longer one is not waited for. */
const BODY_BYTES = 65_536;
/** After the answer came on the stream, the POST gets a moment to end by itself, which saves its connection. */
const DRAIN_MS = 1_000;

const abandoned = new Error("abandoned");

/** A message that is POSTed to a server which answers somewhere else. */
export class SsePost implements Dispatcher.DispatchHandler {
  readonly #on: PostEvents;
  #controller: Dispatcher.DispatchController | undefined;
  #drain: NodeJS.Timeout | undefined;
  #bytes = 0;
  #dropped = false;
  #ended = false;

  constructor(on: PostEvents) {
    this.#on = on;
  }

  /** Nobody is interested any more. What was not begun is not sent. */
  drop(): void {
    if (this.#dropped || this.#ended) return;
    this.#dropped = true;
    if (this.#controller !== undefined) this.#drain = setTimeout(() => this.#controller?.abort(abandoned), DRAIN_MS);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#dropped) controller.abort(abandoned);
    else this.#on.onStart();
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number): void {
    if (status >= 300 && !this.#dropped) this.#on.onRefused(status);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > BODY_BYTES) controller.abort(abandoned);
  }

  onResponseEnd(): void {
    this.#end();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (!this.#dropped && error !== abandoned) this.#on.onFault(networkFault(error));
    this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#drain);
    this.#on.onEnd();
  }
}
