import type { Exchange, Gateway } from "../../gateway/index.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import type { EventStream } from "./event-stream.ts";
import { badRequest, codes, type Fault } from "./protocol.ts";

const SWEEP_MS = 1_000;

/** A stream on which a caller waits for news. */
export interface OpenStream {
  readonly events: EventStream;
  readonly exchange: Exchange;
  /** The session it belongs to: one stream each, a newer one takes over. */
  readonly session?: string;
  /** The message that says the list of tools changed; absent when the caller did not ask for it. */
  readonly listChanged?: string;
  /** The last message of a stream that the gateway ends, where the era has one. */
  readonly farewell?: string;
}

/**
 * All streams of this process that stay open. A stream outlives the decision that opened it, so its token's expiry is
 * looked at every second, and whether its caller may still connect at every change of policy, catalog or server.
 */
export class OpenStreams {
  readonly #streams = new Map<OpenStream, number>();
  readonly #gateway: Gateway;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #commentMs: number;
  readonly #unsubscribe: () => void;
  readonly #timer: NodeJS.Timeout;
  #judging = false;
  #pending = false;

  constructor(parts: { gateway: Gateway; clock: Clock; logger: Logger }, commentMs: number) {
    this.#gateway = parts.gateway;
    this.#clock = parts.clock;
    this.#logger = parts.logger;
    this.#commentMs = commentMs;
    this.#unsubscribe = parts.gateway.onListChanged(() => void this.#changed());
    this.#timer = setInterval(() => this.sweep(), SWEEP_MS);
    this.#timer.unref();
  }

  add(stream: OpenStream): void {
    if (stream.session !== undefined) this.endSession(stream.session);
    this.#streams.set(stream, this.#clock.now());
    stream.events.onClose(() => this.#streams.delete(stream));
  }

  countOf(callerKey: string): number {
    let count = 0;
    for (const stream of this.#streams.keys()) if (stream.exchange.caller.key === callerKey) count++;
    return count;
  }

  endSession(session: string): void {
    for (const stream of this.#streams.keys()) if (stream.session === session) this.#end(stream);
  }

  /** Ends streams whose token has expired and writes a comment on those that were silent for long. */
  sweep(): void {
    const now = this.#clock.now();
    for (const [stream, touched] of this.#streams) {
      if (stream.exchange.caller.token.expiresAt <= now) this.#end(stream);
      else if (now - touched >= this.#commentMs) {
        stream.events.comment();
        this.#streams.set(stream, now);
      }
    }
  }

  close(): void {
    clearInterval(this.#timer);
    this.#unsubscribe();
    for (const stream of this.#streams.keys()) this.#end(stream);
  }

  /** One pass at a time; a change during a pass makes one more. */
  async #changed(): Promise<void> {
    this.#pending = true;
    if (this.#judging) return;
    this.#judging = true;
    while (this.#pending) {
      this.#pending = false;
      await this.#judgeAll();
    }
    this.#judging = false;
  }

  async #judgeAll(): Promise<void> {
    for (const stream of [...this.#streams.keys()]) {
      try {
        const admitted = await this.#gateway.admit(stream.exchange);
        if (!admitted.ok) this.#end(stream);
        else if (stream.listChanged !== undefined) stream.events.send(stream.listChanged);
      } catch (error) {
        // Who cannot be judged is not served.
        this.#logger.error({ error: String(error) }, "an open stream could not be judged and was closed");
        this.#end(stream);
      }
    }
  }

  #end(stream: OpenStream): void {
    this.#streams.delete(stream);
    stream.events.end(stream.farewell);
  }
}

export function tooManyStreams(): Fault {
  return { ...badRequest("Too many open streams: close one that is no longer used"), status: 429, code: codes.http };
}
