import type { Result } from "../../core/result.ts";
import type { ServerDefinition } from "../../core/server.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Breaker, createBreaker } from "./breaker.ts";
import type { UpstreamConfig } from "./config.ts";
import { type Failed, failed } from "./failure.ts";
import type { UpstreamCall, UpstreamFailure, UpstreamReply } from "./upstream.ts";

export interface AdmissionOptions {
  readonly server: ServerDefinition;
  readonly clock: Clock;
  readonly breaker: UpstreamConfig["breaker"];
  readonly overHttp: boolean;
  /** Connections to the server at most. */
  readonly connections: number;
}

/** Which calls may go out to a server: so many at once, and none for a while to one that does not answer. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #breaker: Breaker;
  readonly #most: number;
  #inFlight = 0;

  constructor(options: AdmissionOptions) {
    const { server, overHttp, connections } = options;
    this.#options = options;
    // A call keeps its connection while somebody is asked: if all were kept, no answer would get through to the server.
    this.#most = overHttp && server.asks.length > 0 ? Math.min(server.maxConcurrent, connections) : server.maxConcurrent;
    this.#breaker = createBreaker({ failures: options.breaker.failures, openMs: options.breaker.open_ms });
  }

  get idle(): boolean {
    return this.#inFlight === 0;
  }

  /** Why the call may not go out. One that may must be followed by `leave`. */
  enter(call: UpstreamCall): Failed | undefined {
    const { clock } = this.#options;
    if (call.signal?.aborted === true) return failed("upstream.cancelled", "the caller gave up", false);
    if (this.#inFlight >= this.#most) {
      return failed("upstream.busy", `${this.#inFlight} calls are under way, which is the limit`, false);
    }
    if (!this.#breaker.enter(clock.now())) {
      return failed("upstream.circuit_open", "the server did not answer the last calls; it is left alone for a while", false);
    }
    this.#inFlight++;
    return undefined;
  }

  /** The call is over; without a reply, something in the gateway itself failed. */
  leave(call: UpstreamCall, reply: Result<UpstreamReply, UpstreamFailure> | undefined): void {
    this.#inFlight--;
    if (reply === undefined) this.#breaker.undecided();
    else if (reply.ok) this.#breaker.succeeded();
    else this.#judge(call, reply.error);
  }

  #judge(call: UpstreamCall, { code, dispatched }: UpstreamFailure): void {
    const { server, clock, overHttp } = this.#options;
    // A process that is being started again says so by itself; refusing for longer than that would only add to it.
    const away = code === "upstream.unavailable" && (dispatched || overHttp);
    // A deadline shorter than the server's own, which one caller's policy may set, must not lock out the others.
    const counts = away || (code === "upstream.timeout" && call.timeoutMs >= server.timeoutMs);
    if (counts) this.#breaker.failedToAnswer(clock.now());
    else if (dispatched && code !== "upstream.cancelled" && code !== "upstream.timeout") this.#breaker.succeeded();
    else this.#breaker.undecided();
  }
}
