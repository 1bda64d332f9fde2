import { setTimeout as pause } from "node:timers/promises";
import type { Exchange, Gateway, ListKind } from "../../../gateway/index.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { Logger } from "../../../platform/logger.ts";
import { badRequest, codes, type Fault } from "../protocol.ts";
import type { Sink } from "./event-stream.ts";

const SWEEP_MS = 1_000;
/** All streams are judged at most this often: a server that says without end that its lists changed must not take all our time. */
const PAUSE_MS = 250;
/** How often a stream of a session looks whether its session is still there: it may have ended where nobody told. */
const REFRESH_MS = 60_000;

/** The message that says that a list changed, for each list whose changes are to be heard. */
export interface ListNews {
  readonly tools?: string;
  readonly prompts?: string;
  readonly resources?: string;
}

/** A stream on which a caller waits for news. */
export interface OpenStream {
  readonly sink: Sink;
  /** Who waits; of a session, the newest that came back. */
  exchange: Exchange;
  /** Who came back, with a token of today. */
  readonly renew?: (exchange: Exchange) => void;
  /** The session it belongs to: one stream each, a newer one takes over. */
  readonly session?: string;
  readonly news: ListNews;
  /** Ends it for good, with the last words that its era has. */
  readonly close: () => void;
  /** Takes up what the session wants to hear of since it changed, and ends with it. */
  readonly refresh?: () => void;
  /** Whether somebody reads; a stream of a session waits a while for its reader to come back. */
  readonly attended?: () => boolean;
}

/**
 * All streams of this process that stay open. A stream outlives the decision that opened it, so its token's expiry is
 * looked at every second, and whether its caller may still connect at every change of policy, catalog or server.
 */
export class OpenStreams {
  readonly #streams = new Map<OpenStream, number>();
  readonly #bySession = new Map<string, OpenStream>();
  readonly #counts = new Map<string, number>();
  readonly #gateway: Gateway;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #commentMs: number;
  readonly #unsubscribe: () => void;
  readonly #timer: NodeJS.Timeout;
  readonly #onSweep: (now: number) => void;
  #judging = false;
  readonly #pending = new Set<ListKind>();
  #due = false;

  constructor(parts: { gateway: Gateway; clock: Clock; logger: Logger }, commentMs: number, onSweep: (now: number) => void = () => {}) {
    this.#gateway = parts.gateway;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
    this.#commentMs = commentMs;
    this.#onSweep = onSweep;
    this.#unsubscribe = parts.gateway.onListChanged((kinds) => void this.#changed(kinds));
    this.#timer = setInterval(() => this.sweep(), SWEEP_MS);
    this.#timer.unref();
  }

  add(stream: OpenStream): void {
    if (stream.session !== undefined) this.endSession(stream.session);
    const { key } = stream.exchange.caller;
    this.#streams.set(stream, this.#clock.now());
    if (stream.session !== undefined) this.#bySession.set(stream.session, stream);
    this.#counts.set(key, this.countOf(key) + 1);
    stream.sink.onClose(() => this.#forget(stream));
  }

  countOf(callerKey: string): number {
    return this.#counts.get(callerKey) ?? 0;
  }

  /** Lets go of one stream of this caller that nobody reads at the moment, if there is one. */
  makeRoom(callerKey: string): void {
    for (const stream of this.#streams.keys()) {
      if (stream.exchange.caller.key !== callerKey || stream.attended?.() !== false) continue;
      this.#end(stream);
      return;
    }
  }

  ofSession(session: string): OpenStream | undefined {
    return this.#bySession.get(session);
  }

  endSession(session: string): void {
    const stream = this.#bySession.get(session);
    if (stream !== undefined) this.#end(stream);
  }

  /** Ends streams whose token has expired and writes a comment on those that were silent for long. */
  sweep(): void {
    const now = this.#clock.now();
    for (const [stream, touched] of this.#streams) {
      if (stream.exchange.caller.token.expiresAt <= now) this.#end(stream);
      else if (stream.session === undefined) {
        if (now - touched < this.#commentMs) continue;
        stream.sink.comment();
        this.#streams.set(stream, now);
      } else if (now - touched >= REFRESH_MS) {
        stream.refresh?.();
        this.#streams.set(stream, now);
      }
    }
    this.#onSweep(now);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#unsubscribe();
    for (const stream of this.#streams.keys()) this.#end(stream);
  }

  /** One pass at a time; changes during a pass, and shortly after it, make one more. */
  async #changed(kinds: ReadonlySet<ListKind>): Promise<void> {
    for (const kind of kinds) this.#pending.add(kind);
    this.#due = true;
    if (this.#judging) return;
    this.#judging = true;
    while (this.#due) {
      this.#due = false;
      const changed = new Set(this.#pending);
      this.#pending.clear();
      await this.#judgeAll(changed);
      await pause(PAUSE_MS, undefined, { ref: false });
    }
    this.#judging = false;
  }

  async #judgeAll(changed: ReadonlySet<ListKind>): Promise<void> {
    for (const stream of [...this.#streams.keys()]) {
      try {
        const admitted = await this.#gateway.admit(stream.exchange);
        if (!admitted.ok) this.#end(stream);
        else for (const message of newsFor(stream.news, changed)) stream.sink.send(message);
      } catch (error) {
        // Who cannot be judged is not served.
        this.#logger.error({ error: String(error) }, "an open stream could not be judged and was closed");
        this.#end(stream);
      }
    }
  }

  #end(stream: OpenStream): void {
    this.#forget(stream);
    stream.close();
  }

  #forget(stream: OpenStream): void {
    if (!this.#streams.delete(stream)) return;
    if (stream.session !== undefined) this.#bySession.delete(stream.session);
    const { key } = stream.exchange.caller;
    const left = this.countOf(key) - 1;
    if (left > 0) this.#counts.set(key, left);
    else this.#counts.delete(key);
  }
}

/** A list of resources has two halves for a gateway and one notification for clients. */
function newsFor(news: ListNews, changed: ReadonlySet<ListKind>): readonly string[] {
  const messages: string[] = [];
  if (news.tools !== undefined && changed.has("tools")) messages.push(news.tools);
  if (news.prompts !== undefined && changed.has("prompts")) messages.push(news.prompts);
  if (news.resources !== undefined && (changed.has("resources") || changed.has("templates"))) messages.push(news.resources);
  return messages;
}

export function tooManyStreams(): Fault {
  return { ...badRequest("Too many open streams: close one that is no longer used"), status: 429, code: codes.http };
}

export function tooManyWatched(why: string): Fault {
  return { ...badRequest(`Too many watched resources: ${why}`), status: 429, code: codes.http };
}
