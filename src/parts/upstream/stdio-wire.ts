import { ok, type Result } from "../../core/result.ts";
import { type Child, type ChildOptions, startChild } from "../../platform/child-process.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import { parsed } from "./answer.ts";
import type { UpstreamConfig } from "./config.ts";
import { failed } from "./failure.ts";
import { cancelledBody, type Incoming, incoming } from "./messages.ts";
import type { Command } from "./place.ts";
import { idOf } from "./questions.ts";
import { type Answered, StdioExchange, type StdioHost } from "./stdio-exchange.ts";
import type { UpstreamFailure } from "./upstream.ts";
import { backOff, type Listening, type Schedule, type Wire, type WireAnswer, type WireEvents, type WireRequest } from "./wire.ts";

export interface StdioWireOptions {
  readonly serverId: string;
  readonly command: Command;
  readonly maxLineBytes: number;
  readonly config: UpstreamConfig["stdio"];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly scrub: (text: string) => string;
  readonly schedule: Schedule;
  readonly events: WireEvents;
  /** A process that ended may be started again now. */
  readonly onRestart: () => void;
}

/** What the process has not taken yet. Beyond this it does not read, and more would only fill our memory. */
const MAX_WAITING_BYTES = 16_777_216;
/** What a server may ask for between two requests of ours; beyond it is neither answered nor reported. */
const MAX_SERVER_REQUESTS = 64;
/** A process that lived so long did not fail because of how it was started. */
const STEADY_MS = 30_000;

/** How long a question may still belong to a call that was given up: a server may not have noticed yet. */
const LATE_MS = 60_000;

/**
 * A message is a line. In JSON a raw line break can only stand between two tokens, where any space will do; left as it is,
 * it would let the text of arguments begin a message of its own.
 */
function oneLine(body: string): string {
  return body.includes("\n") || body.includes("\r") ? body.replaceAll(/[\r\n]/g, " ") : body;
}

/** A process that speaks one JSON message a line. Many requests are under way at once, told apart by id. */
export class StdioWire implements Wire, StdioHost {
  readonly kind = "stdio";
  readonly #options: StdioWireOptions;
  readonly #pending = new Map<number, StdioExchange>();
  /** Until when a question of the server may belong to a call that nobody waits for any more, Unix milliseconds. */
  #lateUntil = 0;
  #subscription: number | undefined;
  #child: Child | undefined;
  #startedAt = 0;
  #serverRequests = 0;
  #attempt = 0;
  #notBefore = 0;
  #closed = false;
  #cancelRestart: (() => void) | undefined;

  constructor(options: StdioWireOptions) {
    this.#options = options;
  }

  request(request: WireRequest): Promise<Answered> {
    const child = this.#running();
    if (!child.ok) return Promise.resolve(child);
    if (child.value.waiting > MAX_WAITING_BYTES) {
      return Promise.resolve(failed("upstream.busy", "the process does not take more input", false));
    }
    if (request.signal?.aborted === true) return Promise.resolve(failed("upstream.cancelled", "the caller gave up", false));
    return new Promise((resolve) => {
      this.#pending.set(request.id, new StdioExchange(request, this, resolve));
      this.#serverRequests = 0;
      request.onDispatch?.();
      child.value.writeLine(oneLine(request.body));
    });
  }

  settled(request: WireRequest): void {
    this.#pending.delete(request.id);
  }

  gaveUp({ id, method, ofClient }: WireRequest, reason: string): void {
    if (method !== "initialize") this.#write(cancelledBody(id, reason));
    if (ofClient === true) this.#lateUntil = this.#options.clock.now() + LATE_MS;
  }

  notify(body: string): Promise<void> {
    this.#write(body);
    return Promise.resolve();
  }

  /** All lines come on one stream, so there is only a subscription to ask for, and the one before to end. */
  listen(listening: Listening | undefined): void {
    const before = this.#subscription;
    this.#subscription = listening?.subscription?.id;
    if (listening?.subscription !== undefined) this.#write(listening.subscription.body);
    if (before !== undefined) this.#write(cancelledBody(before, "replaced by another subscription"));
    listening?.onStanding();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRestart?.();
    await this.#child?.stop(this.#options.config.stop_grace_ms);
  }

  #write(line: string): void {
    if (this.#child !== undefined && this.#child.waiting <= MAX_WAITING_BYTES) this.#child.writeLine(line);
  }

  #running(): Result<Child, UpstreamFailure> {
    if (this.#child !== undefined) return ok(this.#child);
    if (this.#closed) return failed("upstream.unavailable", "the connection is closed", false);
    const now = this.#options.clock.now();
    if (now < this.#notBefore) {
      return failed("upstream.unavailable", `the process ended; it is started again in ${this.#notBefore - now} ms`, false);
    }
    this.#startedAt = now;
    try {
      const { executable, args, cwd } = this.#options.command;
      this.#child = startChild({ executable, args, cwd, ...this.#handlers() });
    } catch (error) {
      // Arguments that no process can have, such as a NUL byte.
      return failed("upstream.unavailable", `the process could not be started: ${String(error)}`, false);
    }
    return ok(this.#child);
  }

  #handlers(): Omit<ChildOptions, "executable" | "args" | "cwd"> {
    const { serverId, logger, scrub, maxLineBytes } = this.#options;
    return {
      maxLineBytes,
      onLine: (line, bytes) => this.#onLine(line, bytes),
      onLongLine: (head, tail) => this.#onLongLine(head, tail),
      onError: (line) => logger.debug({ server: serverId, stderr: scrub(line) }, "a server wrote to its error output"),
      onExit: (detail) => this.#onExit(detail),
    };
  }

  #onLine(line: string, bytes: number): void {
    const message = parsed(line);
    const what = incoming(message);
    switch (what.kind) {
      case "answer":
        this.#answered(what.id, { status: 0, bytes, text: line, message });
        return;
      case "progress":
        if (typeof what.token === "number") this.#pending.get(what.token)?.request.onProgress?.(what.progress);
        return;
      case "request":
        this.#asked(what, line);
        return;
      case "taken_back":
        for (const pending of this.#pending.values()) pending.closeQuestion(idOf(what.id) ?? "");
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

  #answered(id: unknown, answer: WireAnswer): void {
    const pending = typeof id === "number" ? this.#pending.get(id) : undefined;
    if (pending === undefined) return;
    if (answer.bytes > pending.request.maxBytes) this.#tooLarge(pending);
    else pending.settle(ok(answer));
  }

  #asked({ message }: Extract<Incoming, { readonly kind: "request" }>, text: string): void {
    if (++this.#serverRequests > MAX_SERVER_REQUESTS) return;
    this.#options.events.onServerRequest({ message, text, during: this.#theOnlyCall(), answer: (body) => this.#write(oneLine(body)) });
  }

  /** The call that a question can only belong to. With two callers, one could be asked what the other's call needs. */
  #theOnlyCall(): StdioExchange | undefined {
    if (this.#options.clock.now() < this.#lateUntil) return undefined;
    let only: StdioExchange | undefined;
    for (const pending of this.#pending.values()) {
      if (pending.request.ofClient !== true) continue;
      if (only !== undefined) return undefined;
      only = pending;
    }
    return only?.request.link?.era === "session" ? only : undefined;
  }

  /** A line that is no JSON: if a single request waits, it can only be its answer; else nobody can say. */
  #rubbish(): void {
    this.#options.logger.debug({ server: this.#options.serverId }, "a server wrote a line that is no JSON");
    if (this.#pending.size !== 1) return;
    for (const pending of this.#pending.values()) pending.settle(failed("upstream.invalid_answer", "the answer is no JSON", true));
  }

  #onLongLine(head: string, tail: string): void {
    const id = /^\s*\{[^{}[\]]*"id"\s*:\s*(\d+)/.exec(head)?.[1] ?? /"id"\s*:\s*(\d+)\s*[^{}[\]]*\}\s*$/.exec(tail)?.[1];
    const pending = id === undefined ? undefined : this.#pending.get(Number(id));
    // Without its id, all that wait may be meant; they would wait until their deadline.
    for (const one of pending === undefined ? [...this.#pending.values()] : [pending]) this.#tooLarge(one);
  }

  #tooLarge(pending: StdioExchange): void {
    pending.settle(failed("upstream.too_large", `the answer has more than ${pending.request.maxBytes} bytes`, true));
  }

  #onExit(detail: string): void {
    const { clock, config, schedule, events, logger, serverId } = this.#options;
    this.#child = undefined;
    this.#subscription = undefined;
    this.#lateUntil = 0;
    for (const pending of [...this.#pending.values()]) {
      pending.settle(failed("upstream.unavailable", `the process ${detail}`, true));
    }
    if (this.#closed) return;
    const now = clock.now();
    if (now - this.#startedAt >= STEADY_MS) this.#attempt = 0;
    const wait = backOff(this.#attempt++, config.restart_base_ms, config.restart_max_ms);
    this.#notBefore = now + wait;
    logger.warn({ server: serverId, detail, restart_in_ms: wait }, "the process of a server ended");
    events.onLost(`the process ${detail}`);
    this.#cancelRestart = schedule(() => {
      this.#notBefore = 0;
      if (!this.#closed) this.#options.onRestart();
    }, wait);
  }

  /** Lets the next request start the process at once: it ended because of a question it could not know. */
  forgive(): void {
    this.#cancelRestart?.();
    this.#attempt = 0;
    this.#notBefore = 0;
  }
}
