import type { Dispatcher } from "undici";
import { ok, type Result } from "../../core/result.ts";
import { EVENTS, EventStream, isType } from "./event-stream.ts";
import { type Failed, failed, networkFault } from "./failure.ts";
import type { UpstreamFailure } from "./upstream.ts";

export interface SseStreamOptions {
  /** Where the stream is; messages may go to no other origin. */
  readonly url: URL;
  readonly maxBytes: number;
  readonly onEndpoint: (path: string) => void;
  readonly onMessage: (text: string, bytes: number) => void;
  /** Once, whatever the reason. Not called after `stop`. */
  readonly onEnd: (failure: UpstreamFailure) => void;
  /** The server refused to open it. */
  readonly onRefused: (status: number) => void;
}

const ENDPOINT_LENGTH = 8_192;

const stopped = new Error("stopped");

/** The stream on which a server names the address for messages, answers them, and speaks unasked. */
export class SseStream implements Dispatcher.DispatchHandler {
  readonly #options: SseStreamOptions;
  readonly #events: EventStream;
  #controller: Dispatcher.DispatchController | undefined;
  #named = false;
  #over = false;

  constructor(options: SseStreamOptions) {
    this.#options = options;
    this.#events = new EventStream(
      (data) => this.#message(data),
      options.maxBytes,
      (event, data) => this.#event(event, data),
    );
  }

  stop(): void {
    this.#over = true;
    this.#controller?.abort(stopped);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(stopped);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (status < 200 || this.#over) return;
    if (status !== 200) {
      this.#options.onRefused(status);
      this.#end("upstream.unavailable", `the stream was refused with status ${status}`);
    } else if (!isType(headers["content-type"], EVENTS)) {
      this.#end("upstream.invalid_answer", `the stream has the content type ${JSON.stringify(headers["content-type"] ?? "")}`);
    } else if (headers["content-encoding"] !== undefined && headers["content-encoding"] !== "identity") {
      this.#end("upstream.invalid_answer", "the stream has a content encoding, which was not asked for");
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return;
    const fault = this.#events.feed(chunk);
    if (fault === "too_large") this.#end("upstream.too_large", `an event has more than ${this.#options.maxBytes} bytes`);
    else if (fault !== undefined) this.#end("upstream.invalid_answer", fault);
  }

  onResponseEnd(): void {
    this.#end("upstream.unavailable", "the stream ended");
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    const { code, detail } = networkFault(error);
    this.#end(code, detail);
  }

  #message(data: string): void {
    // A server that talks before it said where to has nothing to answer.
    if (!this.#over && this.#named) this.#options.onMessage(data, Buffer.byteLength(data));
  }

  #event(event: string, data: string): void {
    if (this.#over || this.#named || event !== "endpoint") return;
    const path = endpointOf(data, this.#options.url);
    if (!path.ok) {
      this.#end(path.error.code, path.error.detail);
      return;
    }
    this.#named = true;
    this.#options.onEndpoint(path.value);
  }

  #end(code: UpstreamFailure["code"], detail: string): void {
    if (this.#over) return;
    this.stop();
    this.#options.onEnd({ code, detail, dispatched: false });
  }
}

/**
 * The path to send messages to. Another origin would let a server have the gateway send requests, credentials included,
 * to whatever else the gateway can reach.
 */
export function endpointOf(data: string, url: URL): Result<string, UpstreamFailure> {
  if (data.length > ENDPOINT_LENGTH || !URL.canParse(data, url.href))
    return wrong("the server named an address for messages that is no URL");
  const endpoint = new URL(data, url);
  if (endpoint.origin !== url.origin) {
    return wrong(`the server is at ${url.origin} and wanted messages sent to ${endpoint.origin.slice(0, 256)}`);
  }
  if (endpoint.username !== "" || endpoint.password !== "") return wrong("the server named an address for messages with a password");
  return ok(`${endpoint.pathname}${endpoint.search}`);
}

function wrong(detail: string): Failed {
  return failed("upstream.wrong_place", detail, false);
}
