import type { Dispatcher, Pool } from "undici";
import type { Clock } from "../../platform/clock.ts";
import type { Members } from "./answer.ts";
import { type Answered, type ExchangeHost, HttpExchange } from "./http-exchange.ts";
import { listenStream } from "./http-listen.ts";
import { messageHeaders, openPool, type PoolOptions } from "./http-pool.ts";
import { cancelledBody, type News } from "./messages.ts";
import { OnlyCall } from "./only-call.ts";
import type { Link, Listening, Pending, Schedule, Wire, WireEvents, WireRequest } from "./wire.ts";

export interface HttpWireOptions extends PoolOptions {
  readonly clock: Clock;
  readonly schedule: Schedule;
  readonly events: WireEvents;
  /** Whether the server may ask clients anything. */
  readonly asks: boolean;
}

/** A stream on which the server speaks unasked. */
interface Stream {
  readonly link: Link;
  readonly stop: () => void;
  /** The one that it takes over from. */
  former: Stream | undefined;
}

/** Messages of ours that nobody waits for. */
const NOTIFY_MS = 5_000;
const GOODBYE_MS = 1_000;

/** Streamable HTTP of both eras over one pool. No redirect is followed, no cookie kept, no proxy of the environment used. */
export class HttpWire implements Wire, ExchangeHost {
  readonly kind = "http";
  readonly #pool: Pool;
  readonly #path: string;
  readonly #options: HttpWireOptions;
  readonly #events: HttpWireOptions["events"];
  /** Kept only where the server may ask something. */
  readonly #onlyCall: OnlyCall | undefined;
  #stream: Stream | undefined;
  #headers:
    | { readonly link: Link | undefined; readonly credential: object; readonly version: string | undefined; readonly list: string[] }
    | undefined;

  constructor(options: HttpWireOptions) {
    const { url } = options;
    this.#options = options;
    this.#events = options.events;
    this.#path = `${url.pathname}${url.search}`;
    this.#pool = openPool(options);
    this.#onlyCall = options.asks ? new OnlyCall(options.clock) : undefined;
  }

  request(request: WireRequest): Promise<Answered> {
    return this.#post(request);
  }

  hold(call: Pending): (late: boolean) => void {
    return this.#onlyCall?.hold(call) ?? (() => {});
  }

  async notify(body: string, link: Link, credential: Readonly<Record<string, string>>): Promise<void> {
    await this.#post({ id: -1, method: "", body, link, credential, maxBytes: 65_536, timeoutMs: NOTIFY_MS });
  }

  listen(listening: Listening | undefined): void {
    const before = this.#stream;
    this.#stream = undefined;
    if (listening === undefined || before?.link !== listening.link) {
      before?.former?.stop();
      before?.stop();
    }
    if (listening !== undefined) this.#stream = this.#open(listening, before?.link === listening.link ? before : undefined);
  }

  /** Of two streams the one that stands is kept until the new one does; one that never stood is given up at once. */
  #open(listening: Listening, before: Stream | undefined): Stream {
    const { link, credential, subscription, onStanding } = listening;
    if (before?.former !== undefined) before.stop();
    const headers = [...this.#base(link, credential, undefined)];
    if (subscription !== undefined) headers.push("mcp-method", "subscriptions/listen");
    const request = subscription === undefined ? { method: "GET" as const } : { method: "POST" as const, body: subscription.body };
    const stop = listenStream({
      pool: this.#pool,
      request: { path: this.#path, headers, ...request },
      schedule: this.#options.schedule,
      onServerRequest: (message, text) => this.#asks(message, text, { link, credential }, this.#onlyCall?.get()),
      onNews: this.#events.onNews,
      onStanding: () => {
        stream.former?.stop();
        stream.former = undefined;
        onStanding();
      },
      onListeningAgain: this.#events.onListeningAgain,
      onLost: this.#events.onLost,
    });
    const stream: Stream = { link, stop, former: before?.former ?? before };
    return stream;
  }

  async close(link: Link | undefined, credential: Readonly<Record<string, string>>): Promise<void> {
    this.listen(undefined);
    if (link?.sessionId !== undefined) await this.#goodbye(link, credential);
    await this.#pool.destroy();
  }

  #post(request: WireRequest): Promise<Answered> {
    const { link, credential } = request;
    let headers = this.#base(link, credential, request.version);
    if (request.headers !== undefined) headers = headers.concat(request.headers);
    const options: Dispatcher.DispatchOptions = { path: this.#path, method: "POST", headers, body: request.body };
    return new Promise((resolve) => {
      const exchange = new HttpExchange(request, this, resolve);
      this.#pool.dispatch(options, exchange);
      if (this.#onlyCall === undefined || request.ofClient !== true) return;
      exchange.onceSettled = this.#onlyCall.add(exchange);
    });
  }

  serverAsks(message: Members, text: string, during: Pending): void {
    this.#asks(message, text, during.request, during);
  }

  resume(exchange: HttpExchange, lastId: string): void {
    const { link, credential } = exchange.request;
    const headers = [...this.#base(link, credential, undefined), "last-event-id", lastId];
    this.#pool.dispatch({ path: this.#path, method: "GET", headers }, exchange);
  }

  serverTells(news: News): void {
    this.#events.onNews(news);
  }

  #asks(message: Members, text: string, on: Pick<WireRequest, "link" | "credential">, during: Pending | undefined): void {
    const { link, credential } = on;
    // A stateless server has no way to ask, and none to be answered.
    const answer = (body: string) => {
      if (link?.era === "session") void this.notify(body, link, credential);
    };
    this.#events.onServerRequest({ message, text, during: link?.era === "session" ? during : undefined, answer });
  }

  /** In the stateless era the closed stream says it all. */
  gaveUp({ id, link, credential, ofClient }: WireRequest, reason: string): void {
    if (ofClient === true) this.#onlyCall?.late();
    if (link?.era === "session" && id > 0) void this.notify(cancelledBody(id, reason), link, credential);
  }

  /** Headers that stay the same from call to call, kept for the last link and credential. */
  #base(link: Link | undefined, credential: Readonly<Record<string, string>>, version: string | undefined): string[] {
    const kept = this.#headers;
    if (kept !== undefined && kept.link === link && kept.credential === credential && kept.version === version) return kept.list;
    const list = messageHeaders(link, credential, version);
    this.#headers = { link, credential, version, list };
    return list;
  }

  #goodbye(link: Link, credential: Readonly<Record<string, string>>): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(done, GOODBYE_MS);
      this.#pool.dispatch(
        { path: this.#path, method: "DELETE", headers: this.#base(link, credential, undefined) },
        { onRequestStart: () => {}, onResponseStart: () => {}, onResponseData: () => {}, onResponseEnd: done, onResponseError: done },
      );
    });
  }
}
