import { ok, type Result } from "../../core/result.ts";
import { type Child, type ChildOptions, startChild } from "../../platform/child-process.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import type { UpstreamConfig } from "./config.ts";
import { failed } from "./failure.ts";
import { cancelledBody } from "./messages.ts";
import { Multiplex } from "./multiplex.ts";
import type { Command } from "./place.ts";
import { Restart } from "./restart.ts";
import type { Answered } from "./stream-exchange.ts";
import type { UpstreamFailure } from "./upstream.ts";
import type { Listening, Pending, Schedule, Wire, WireEvents, WireRequest } from "./wire.ts";

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

/**
 * A message is a line. In JSON a raw line break can only stand between two tokens, where any space will do; left as it is,
 * it would let the text of arguments begin a message of its own.
 */
function oneLine(body: string): string {
  return body.includes("\n") || body.includes("\r") ? body.replaceAll(/[\r\n]/g, " ") : body;
}

/** A process that speaks one JSON message a line. */
export class StdioWire implements Wire {
  readonly kind = "stdio";
  readonly #options: StdioWireOptions;
  readonly #requests: Multiplex;
  readonly #restart: Restart;
  #subscription: number | undefined;
  #child: Child | undefined;
  #closed = false;

  constructor(options: StdioWireOptions) {
    const { clock, schedule, events, config, logger, serverId } = options;
    this.#options = options;
    this.#requests = new Multiplex({
      clock,
      events,
      send: (body) => this.#write(oneLine(body)),
      onRubbish: () => logger.debug({ server: serverId }, "a server wrote a line that is no JSON"),
    });
    const onRestart = () => {
      if (!this.#closed) options.onRestart();
    };
    this.#restart = new Restart({ clock, schedule, baseMs: config.restart_base_ms, maxMs: config.restart_max_ms, onRestart });
  }

  request(request: WireRequest): Promise<Answered> {
    const child = this.#running();
    if (!child.ok) return Promise.resolve(child);
    if (child.value.waiting > MAX_WAITING_BYTES) {
      return Promise.resolve(failed("upstream.busy", "the process does not take more input", false));
    }
    if (request.signal?.aborted === true) return Promise.resolve(failed("upstream.cancelled", "the caller gave up", false));
    return new Promise((resolve) => {
      this.#requests.add(request, resolve).dispatch();
      child.value.writeLine(oneLine(request.body));
    });
  }

  hold(call: Pending): (late: boolean) => void {
    return this.#requests.hold(call);
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
    this.#restart.cancel();
    await this.#child?.stop(this.#options.config.stop_grace_ms);
  }

  /** Lets the next request start the process at once: it ended because of a question it could not know. */
  forgive(): void {
    this.#restart.forgive();
  }

  #write(line: string): void {
    if (this.#child !== undefined && this.#child.waiting <= MAX_WAITING_BYTES) this.#child.writeLine(line);
  }

  #running(): Result<Child, UpstreamFailure> {
    if (this.#child !== undefined) return ok(this.#child);
    if (this.#closed) return failed("upstream.unavailable", "the connection is closed", false);
    const { waitMs } = this.#restart;
    if (waitMs > 0) return failed("upstream.unavailable", `the process ended; it is started again in ${waitMs} ms`, false);
    this.#restart.started();
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
      onLine: (line, bytes) => this.#requests.receive(line, bytes),
      onLongLine: (head, tail) => this.#requests.tooLong(head, tail),
      onError: (line) => logger.debug({ server: serverId, stderr: scrub(line) }, "a server wrote to its error output"),
      onExit: (detail) => this.#onExit(detail),
    };
  }

  #onExit(detail: string): void {
    const { events, logger, serverId } = this.#options;
    this.#child = undefined;
    this.#subscription = undefined;
    this.#requests.failAll("upstream.unavailable", `the process ${detail}`);
    if (this.#closed) return;
    const wait = this.#restart.ended();
    logger.warn({ server: serverId, detail, restart_in_ms: wait }, "the process of a server ended");
    events.onLost(`the process ${detail}`);
  }
}
