import type { Pool } from "undici";
import { ok } from "../../core/result.ts";
import type { Clock } from "../../platform/clock.ts";
import { failed } from "./failure.ts";
import { messageHeaders, openPool, type PoolOptions } from "./http-pool.ts";
import { Multiplex } from "./multiplex.ts";
import { Restart } from "./restart.ts";
import { SsePost } from "./sse-post.ts";
import { SseStream } from "./sse-stream.ts";
import type { Answered, StreamExchange } from "./stream-exchange.ts";
import type { UpstreamFailure } from "./upstream.ts";
import type { Link, Listening, Pending, Schedule, Wire, WireEvents, WireRequest } from "./wire.ts";

export interface SseWireOptions extends PoolOptions {
  readonly maxMessageBytes: number;
  readonly clock: Clock;
  readonly schedule: Schedule;
  readonly events: WireEvents;
  /** A stream that ended may be opened again now. */
  readonly onRestart: () => void;
}

type Headers = Readonly<Record<string, string>>;
type Fault = Pick<UpstreamFailure, "code" | "detail">;

/** One opening of the stream. */
interface Session {
  readonly stream: SseStream;
  readonly credential: Headers;
  /** Where messages go; undefined until the server said so. */
  endpoint: string | undefined;
  over: boolean;
}

/** What was sent and not taken yet. Beyond this the server does not keep up, and more would only fill our memory. */
const MAX_WAITING_BYTES = 16_777_216;
/** Messages of ours that nobody waits for. */
const NOTIFY_MS = 5_000;
const RESTART_BASE_MS = 1_000;
const RESTART_MAX_MS = 60_000;

const ENDED = "the stream of the server ended";
const REFUSED: Fault = { code: "upstream.unavailable", detail: "the server refused to be opened" };
const UNKNOWN: Fault = { code: "upstream.unavailable", detail: "the server no longer knows the session" };

/** HTTP with SSE of 2024-11-05: messages are POSTed, and everything that comes back comes on one stream. */
export class SseWire implements Wire {
  readonly kind = "sse";
  readonly #options: SseWireOptions;
  readonly #pool: Pool;
  readonly #requests: Multiplex;
  readonly #restart: Restart;
  /** What a link was agreed on: it ends with its stream. */
  readonly #sessions = new WeakMap<Link, Session>();
  #session: Session | undefined;
  #waitingBytes = 0;
  #closed = false;

  constructor(options: SseWireOptions) {
    const { clock, schedule, events } = options;
    this.#options = options;
    this.#pool = openPool(options);
    this.#requests = new Multiplex({
      clock,
      events,
      send: (body, because) => void this.#tell(body, because?.link, because?.credential),
      onRubbish: () => {},
    });
    const onRestart = () => {
      if (!this.#closed) options.onRestart();
    };
    this.#restart = new Restart({ clock, schedule, baseMs: RESTART_BASE_MS, maxMs: RESTART_MAX_MS, onRestart });
  }

  request(request: WireRequest): Promise<Answered> {
    if (request.signal?.aborted === true) return Promise.resolve(failed("upstream.cancelled", "the caller gave up", false));
    if (this.#waitingBytes > MAX_WAITING_BYTES) {
      return Promise.resolve(failed("upstream.busy", "the server does not take more messages", false));
    }
    if (request.link === undefined) return this.#initialize(request);
    const session = this.#sessionOf(request.link);
    if (session?.endpoint !== undefined) return this.#send(request, session);
    // The stream may end before anybody knows of the link that was agreed on it, and then nobody gave that up.
    if (this.#session === undefined) this.#options.events.onLost(ENDED);
    return Promise.resolve(failed("upstream.unavailable", ENDED, false));
  }

  hold(call: Pending): (late: boolean) => void {
    return this.#requests.hold(call);
  }

  notify(body: string, link: Link, credential: Headers): Promise<void> {
    return this.#tell(body, link, credential);
  }

  /** Everything comes on the one stream. */
  listen(listening: Listening | undefined): void {
    listening?.onStanding();
  }

  /** The end of the stream is the goodbye. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#restart.cancel();
    this.#end(this.#session, "upstream.unavailable", "the connection is closed");
    await this.#pool.destroy();
  }

  /** Each opening has a stream of its own: on one that was initialized, a server takes no second initialize. */
  #initialize(request: WireRequest): Promise<Answered> {
    if (this.#closed) return Promise.resolve(failed("upstream.unavailable", "the connection is closed", false));
    const { waitMs } = this.#restart;
    if (waitMs > 0) {
      return Promise.resolve(failed("upstream.unavailable", `the stream ended; it is opened again in ${waitMs} ms`, false));
    }
    this.#end(this.#session, "upstream.unavailable", "the server is opened again");
    this.#restart.started();
    return new Promise((resolve) => {
      let post: SsePost | undefined;
      const exchange = this.#requests.add(request, (answer) => {
        post?.drop();
        resolve(answer);
        // Given up, or refused: nothing can follow on this stream.
        const refused = answer.ok ? answer.value.status !== 0 : true;
        if (refused) this.#lose(this.#session, answer.ok ? REFUSED : answer.error);
      });
      exchange.awaits = "endpoint event";
      this.#open(request, {
        onEndpoint: (session) => {
          exchange.awaits = "answer";
          post = this.#post(session, exchange);
        },
        onRefused: (status) => exchange.settle(ok({ status, bytes: 0, text: "", message: undefined })),
      });
    });
  }

  #open(request: WireRequest, on: { readonly onEndpoint: (session: Session) => void; readonly onRefused: (status: number) => void }): void {
    const { url, maxMessageBytes } = this.#options;
    const stream = new SseStream({
      url,
      maxBytes: maxMessageBytes,
      onEndpoint: (path) => {
        session.endpoint = path;
        on.onEndpoint(session);
      },
      onMessage: (text, bytes) => this.#requests.receive(text, bytes),
      onRefused: on.onRefused,
      onEnd: (failure) => this.#lose(session, failure),
    });
    const session: Session = { stream, credential: request.credential, endpoint: undefined, over: false };
    this.#session = session;
    const headers = ["accept", "text/event-stream", ...Object.entries(request.credential).flat()];
    this.#pool.dispatch({ path: `${url.pathname}${url.search}`, method: "GET", headers }, stream);
  }

  #send(request: WireRequest, session: Session): Promise<Answered> {
    return new Promise((resolve) => {
      const exchange = this.#requests.add(request, (answer) => {
        post.drop();
        resolve(answer);
      });
      const post = this.#post(session, exchange);
    });
  }

  #post(session: Session, exchange: StreamExchange): SsePost {
    const { body, link, credential, headers = [], version } = exchange.request;
    return this.#dispatch(session, body, [...messageHeaders(link, credential, version), ...headers], {
      onStart: () => exchange.dispatch(),
      onRefused: (status) => {
        // Only the stream knows the session: if the address does not, there is none.
        if (status === 404) this.#lose(session, UNKNOWN);
        exchange.settle(ok({ status, bytes: 0, text: "", message: undefined }));
      },
      onFault: ({ code, detail }) => exchange.fail(code, detail),
      onEnd: () => {},
    });
  }

  /** Done when the server took the message, or did not want it. */
  #tell(body: string, link: Link | undefined, credential: Headers | undefined): Promise<void> {
    const session = link === undefined ? this.#session : this.#sessionOf(link);
    if (session?.endpoint === undefined || this.#waitingBytes > MAX_WAITING_BYTES) return Promise.resolve();
    const headers = messageHeaders(link, credential ?? session.credential, undefined);
    return new Promise((resolve) => {
      const timer = setTimeout(() => post.drop(), NOTIFY_MS);
      const onEnd = () => {
        clearTimeout(timer);
        resolve();
      };
      const post = this.#dispatch(session, body, headers, { onStart: () => {}, onRefused: () => {}, onFault: () => {}, onEnd });
    });
  }

  #dispatch(session: Session, body: string, headers: string[], on: ConstructorParameters<typeof SsePost>[0]): SsePost {
    const bytes = Buffer.byteLength(body);
    this.#waitingBytes += bytes;
    const post = new SsePost({
      ...on,
      onEnd: () => {
        this.#waitingBytes -= bytes;
        on.onEnd();
      },
    });
    this.#pool.dispatch({ path: session.endpoint ?? "", method: "POST", headers, body }, post);
    return post;
  }

  /** The first message with a new link is about the stream that it was agreed on. */
  #sessionOf(link: Link): Session | undefined {
    let session = this.#sessions.get(link);
    if (session === undefined && this.#session !== undefined) {
      session = this.#session;
      this.#sessions.set(link, session);
    }
    return session?.over === false ? session : undefined;
  }

  /** The stream is gone: what was agreed on it no longer holds. */
  #lose(session: Session | undefined, { code, detail }: Fault): void {
    if (!this.#end(session, code, detail) || this.#closed) return;
    this.#restart.ended();
    this.#options.events.onLost(detail);
  }

  /** False if it had ended before. */
  #end(session: Session | undefined, code: UpstreamFailure["code"], detail: string): boolean {
    if (session === undefined || session.over) return false;
    session.over = true;
    session.stream.stop();
    if (this.#session === session) this.#session = undefined;
    this.#requests.failAll(code, detail);
    return true;
  }
}
