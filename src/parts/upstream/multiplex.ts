import { ok } from "../../core/result.ts";
import type { Clock } from "../../platform/clock.ts";
import { parsed } from "./answer.ts";
import { cancelledBody, type Incoming, incoming } from "./messages.ts";
import { OnlyCall } from "./only-call.ts";
import { idOf } from "./questions.ts";
import { type Answered, type ExchangeOwner, StreamExchange } from "./stream-exchange.ts";
import type { UpstreamFailure } from "./upstream.ts";
import type { Pending, WireAnswer, WireEvents, WireRequest } from "./wire.ts";

export interface MultiplexOptions {
  readonly clock: Clock;
  readonly events: Pick<WireEvents, "onServerRequest" | "onNews">;
  /** Sends a message of ours that has no answer; `because` is the request that it is about. */
  readonly send: (body: string, because: WireRequest | undefined) => void;
  /** The server wrote a message that is no JSON. */
  readonly onRubbish: () => void;
}

/** What a server may ask for between two requests of ours; beyond it is neither answered nor reported. */
const MAX_SERVER_REQUESTS = 64;

/** Requests that share one stream of messages in each direction, told apart by id. */
export class Multiplex implements ExchangeOwner {
  readonly #options: MultiplexOptions;
  readonly #pending = new Map<number, StreamExchange>();
  /** Calls that take several requests, by the id of their first. */
  readonly #held = new Map<number, Pending>();
  readonly #onlyCall: OnlyCall;
  #serverRequests = 0;

  constructor(options: MultiplexOptions) {
    this.#options = options;
    this.#onlyCall = new OnlyCall(options.clock);
  }

  /** Waits for the answer from now on. */
  add(request: WireRequest, resolve: (answer: Answered) => void): StreamExchange {
    const exchange = new StreamExchange(request, this, resolve);
    if (request.ofClient === true) exchange.onceSettled = this.#onlyCall.add(exchange);
    this.#pending.set(request.id, exchange);
    this.#serverRequests = 0;
    return exchange;
  }

  hold(call: Pending): (late: boolean) => void {
    const { id } = call.request;
    const release = this.#onlyCall.hold(call);
    this.#held.set(id, call);
    return (late) => {
      this.#held.delete(id);
      release(late);
    };
  }

  settled(request: WireRequest): void {
    this.#pending.delete(request.id);
  }

  gaveUp(request: WireRequest, reason: string): void {
    if (request.method !== "initialize") this.#options.send(cancelledBody(request.id, reason), request);
    if (request.ofClient === true) this.#onlyCall.late();
  }

  /** The stream is gone, and with it everything that was waited for. */
  failAll(code: UpstreamFailure["code"], detail: string): void {
    this.#onlyCall.forget();
    for (const pending of [...this.#pending.values()]) pending.fail(code, detail);
  }

  receive(text: string, bytes: number): void {
    const message = parsed(text);
    const what = incoming(message);
    switch (what.kind) {
      case "answer":
        this.#answered(what.id, { status: 0, bytes, text, message });
        return;
      case "progress":
        if (typeof what.token === "number") this.#call(what.token)?.request.onProgress?.(what.progress);
        return;
      case "request":
        this.#asked(what, text);
        return;
      case "taken_back":
        for (const pending of [...this.#pending.values(), ...this.#held.values()]) pending.closeQuestion(idOf(what.id) ?? "");
        return;
      case "news":
        this.#options.events.onNews(what.news);
        return;
      case "log":
        // Nothing says which call it belongs to, so it is nobody's.
        return;
      case "nothing":
        if (message === undefined) this.#rubbish();
        return;
    }
  }

  /** A message was longer than any may be; of its text only the two ends are known, if that. */
  tooLong(head = "", tail = ""): void {
    const id = /^\s*\{[^{}[\]]*"id"\s*:\s*(\d+)/.exec(head)?.[1] ?? /"id"\s*:\s*(\d+)\s*[^{}[\]]*\}\s*$/.exec(tail)?.[1];
    const pending = id === undefined ? undefined : this.#pending.get(Number(id));
    // Without its id, all that wait may be meant; they would wait until their deadline.
    for (const one of pending === undefined ? [...this.#pending.values()] : [pending]) tooLarge(one);
  }

  #call(id: number): Pending | undefined {
    return this.#held.get(id) ?? this.#pending.get(id);
  }

  #answered(id: unknown, answer: WireAnswer): void {
    const pending = typeof id === "number" ? this.#pending.get(id) : undefined;
    if (pending === undefined) return;
    if (answer.bytes > pending.request.maxBytes) tooLarge(pending);
    else pending.settle(ok(answer));
  }

  #asked({ message }: Extract<Incoming, { readonly kind: "request" }>, text: string): void {
    if (++this.#serverRequests > MAX_SERVER_REQUESTS) return;
    const { events, send } = this.#options;
    const during = this.#onlyCall.get();
    events.onServerRequest({ message, text, during, answer: (body) => send(body, during?.request) });
  }

  /** A message that is no JSON: if a single request waits, it can only be its answer; else nobody can say. */
  #rubbish(): void {
    this.#options.onRubbish();
    if (this.#pending.size !== 1) return;
    for (const pending of this.#pending.values()) pending.fail("upstream.invalid_answer", "the answer is no JSON");
  }
}

function tooLarge(pending: StreamExchange): void {
  pending.fail("upstream.too_large", `the answer has more than ${pending.request.maxBytes} bytes`);
}
