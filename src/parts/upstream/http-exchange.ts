import type { Dispatcher } from "undici";
import { checkJson, decodeUtf8, resultLimits } from "../../core/json/index.ts";
import { ok, type Result } from "../../core/result.ts";
import { type Members, parsed } from "./answer.ts";
import { EVENTS, EventStream, isType } from "./event-stream.ts";
import { failed, networkFault } from "./failure.ts";
import { type Incoming, incoming, type News } from "./messages.ts";
import { OpenRequest } from "./open-request.ts";
import { idOf } from "./questions.ts";
import type { UpstreamFailure } from "./upstream.ts";
import type { WireAnswer, WireRequest } from "./wire.ts";

export type Answered = Result<WireAnswer, UpstreamFailure>;

/** Who sent the request, and is told what happens beside the answer. */
export interface ExchangeHost {
  serverAsks(message: Members, text: string, during: OpenRequest): void;
  serverTells(news: News): void;
  /** Asks the server to go on with a stream that ended, after this event. */
  resume(exchange: HttpExchange, lastId: string): void;
  /** The request was sent and nobody waits for its answer any more. */
  gaveUp(request: WireRequest, reason: string): void;
}

/** Bodies of refusals are read up to here: enough for a JSON-RPC error. */
const REFUSAL_BYTES = 65_536;
/** Everything that comes on one stream beside the answer. */
const STREAM_EXTRA_BYTES = 1_048_576;
const SERVER_REQUESTS = 64;
/** Messages of any kind before the answer. */
const STREAM_EXTRAS = 20_000;
const DRAIN_MS = 1_000;
/** A stream may end and be taken up again, also where the server does that instead of waiting with the answer. */
const RESUMES = 1_000;
const RESUME_MS = 1_000;
const RESUME_MIN_MS = 50;
/** So often in a row it may be asked for in vain. */
const RESUME_MISSES = 3;

/** Aborts a connection whose answer no longer matters. One object, because making a stack for each call costs more than the call. */
const abandoned = new Error("abandoned");

/**
 * One POST and its answer, JSON or a stream of events. Written straight on undici's dispatch, because this is the path
 * of every call: its `request` would add streams, promises and an AbortController to each.
 */
export class HttpExchange extends OpenRequest implements Dispatcher.DispatchHandler {
  /** Told when nobody waits for the answer any more. */
  onceSettled: (() => void) | undefined;
  readonly #host: ExchangeHost;
  readonly #resolve: (answer: Answered) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;
  #dispatched = false;
  /** Until an answered stream is cut, or one that ended is taken up again. */
  #later: NodeJS.Timeout | undefined;
  #status = 0;
  #sessionId: string | undefined;
  #first: Buffer | undefined;
  #rest: Buffer[] | undefined;
  #bytes = 0;
  #events: EventStream | undefined;
  #extras = 0;
  #serverRequests = 0;
  #resumes = 0;
  #misses = 0;
  #lastId: string | undefined;

  constructor(request: WireRequest, host: ExchangeHost, resolve: (answer: Answered) => void) {
    super(request);
    this.#host = host;
    this.#resolve = resolve;
    request.signal?.addEventListener("abort", this);
  }

  expire(): void {
    this.#giveUp("upstream.timeout", `no answer within ${this.request.timeoutMs} ms`, "deadline");
  }

  /** The caller's signal. */
  handleEvent(): void {
    this.#giveUp("upstream.cancelled", "the caller gave up", "cancelled by the caller");
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#settled) {
      controller.abort(abandoned);
      return;
    }
    if (this.#dispatched) return;
    this.#dispatched = true;
    this.request.onDispatch?.();
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (status < 200) return;
    this.#status = status;
    const session = headers["mcp-session-id"];
    if (typeof session === "string") this.#sessionId = session;
    const type = headers["content-type"];
    if (this.#resumes > 0 && !(status === 200 && isType(type, EVENTS))) {
      this.#fail("upstream.unavailable", `the stream ended without an answer, and the server went on with status ${status}`);
    }
    if (this.#settled || status >= 300) return;
    const encoding = headers["content-encoding"];
    if (encoding !== undefined && encoding !== "identity") {
      this.#fail("upstream.invalid_answer", `the answer has the content encoding "${String(encoding)}", which was not asked for`);
    } else if (isType(type, EVENTS)) {
      this.#events = new EventStream((data) => this.#onEvent(data), this.request.maxBytes);
    } else if (status !== 202 && !isType(type, "application/json")) {
      this.#fail("upstream.invalid_answer", `the answer has the content type ${JSON.stringify(type ?? "")}`);
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length;
    const limit = this.#events === undefined ? this.request.maxBytes : this.request.maxBytes + STREAM_EXTRA_BYTES;
    if (this.#status >= 300) {
      // What a refusal says beyond the bound is not needed to know that it is one.
      if (this.#bytes <= REFUSAL_BYTES) this.#keep(chunk);
      else {
        this.#settle(ok({ status: this.#status, bytes: this.#bytes, text: "", message: undefined }));
        this.abandon();
      }
    } else if (this.#bytes > limit) {
      this.#tooLarge();
    } else if (this.#events !== undefined) {
      const fault = this.#settled ? undefined : this.#events.feed(chunk);
      if (fault === "too_large") this.#tooLarge();
      else if (fault !== undefined) this.#fail("upstream.invalid_answer", fault);
    } else this.#keep(chunk);
  }

  onResponseEnd(): void {
    if (this.#settled) {
      clearTimeout(this.#later);
      return;
    }
    if (this.#events !== undefined) {
      if (!this.#goesOn()) this.#fail("upstream.unavailable", "the stream ended without an answer");
      return;
    }
    const bytes = this.#rest === undefined ? this.#first : Buffer.concat(this.#rest);
    const text = decodeUtf8(bytes ?? Buffer.alloc(0));
    if (text.ok) this.#finish(text.value);
    else if (this.#status >= 300) this.#finish("");
    else this.#fail("upstream.invalid_answer", text.error.detail);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#settled) clearTimeout(this.#later);
    if (this.#settled || this.#goesOn()) return;
    const { code, detail } = networkFault(error);
    this.#fail(code, detail);
  }

  /** Whether the stream of a server with sessions is taken up again: only if the server gave its events ids. */
  #goesOn(): boolean {
    this.#lastId = this.#events?.lastId ?? this.#lastId;
    if (this.#lastId === undefined || this.request.link?.era !== "session" || this.#resumes >= RESUMES) return false;
    this.#misses = this.#events === undefined ? this.#misses + 1 : 0;
    if (this.#misses > RESUME_MISSES) return false;
    this.#resumes++;
    const wait = Math.max(this.#events?.retryMs ?? RESUME_MS, RESUME_MIN_MS);
    this.#events = undefined;
    this.#later = setTimeout(goOn, wait, this);
    return true;
  }

  goOn(): void {
    if (!this.#settled && this.#lastId !== undefined) this.#host.resume(this, this.#lastId);
  }

  #keep(chunk: Buffer): void {
    if (this.#first === undefined) this.#first = chunk;
    else if (this.#rest === undefined) this.#rest = [this.#first, chunk];
    else this.#rest.push(chunk);
  }

  #onEvent(data: string): void {
    if (this.#settled) return;
    const message = parsed(data);
    const what = incoming(message);
    if (message === undefined || what.kind === "answer") this.#answer(data, message, Buffer.byteLength(data));
    else if (++this.#extras > STREAM_EXTRAS) this.#fail("upstream.invalid_answer", "the server talks without end instead of answering");
    else this.#onExtra(what, data);
  }

  /** What comes beside the answer. */
  #onExtra(what: Incoming, data: string): void {
    switch (what.kind) {
      case "progress":
        if (what.token === (this.request.progressToken ?? this.request.id)) this.request.onProgress?.(what.progress);
        return;
      case "log":
        // What two readers understand differently is told to nobody.
        if (this.request.onLog !== undefined && checkJson(data, resultLimits) === undefined) this.request.onLog(what.log);
        return;
      case "request":
        if (++this.#serverRequests <= SERVER_REQUESTS) this.#host.serverAsks(what.message, data, this);
        else this.#fail("upstream.invalid_answer", "the server asks without end instead of answering");
        return;
      case "taken_back":
        this.closeQuestion(idOf(what.id) ?? "");
        return;
      case "news":
        this.#host.serverTells(what.news);
        return;
      default:
        return;
    }
  }

  #finish(text: string): void {
    this.#answer(text, parsed(text), this.#bytes);
  }

  #answer(text: string, message: unknown, bytes: number): void {
    if (bytes > this.request.maxBytes) {
      this.#tooLarge();
      return;
    }
    const session = this.#sessionId;
    const answer = { status: this.#status, bytes, text, message };
    this.#settle(ok(session === undefined ? answer : { ...answer, sessionId: session }));
    // A stream may go on after the answer. It gets a moment to end by itself, which saves its connection.
    if (this.#events !== undefined) this.#later = setTimeout(abandon, DRAIN_MS, this);
  }

  #tooLarge(): void {
    this.#fail("upstream.too_large", `the answer has more than ${this.request.maxBytes} bytes`);
  }

  #giveUp(code: UpstreamFailure["code"], detail: string, reason: string): void {
    if (this.#settled) return;
    this.#fail(code, detail);
    if (this.#dispatched) this.#host.gaveUp(this.request, reason);
  }

  #fail(code: UpstreamFailure["code"], detail: string): void {
    this.#settle(failed(code, detail, this.#dispatched));
    this.abandon();
  }

  abandon(): void {
    this.#controller?.abort(abandoned);
  }

  #settle(answer: Answered): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#later);
    this.close();
    this.request.signal?.removeEventListener("abort", this);
    this.onceSettled?.();
    this.#resolve(answer);
  }
}

function goOn(exchange: HttpExchange): void {
  exchange.goOn();
}

function abandon(exchange: HttpExchange): void {
  exchange.abandon();
}
