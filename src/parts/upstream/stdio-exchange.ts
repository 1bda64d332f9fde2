import type { Result } from "../../core/result.ts";
import { failed } from "./failure.ts";
import { OpenRequest } from "./open-request.ts";
import type { UpstreamFailure } from "./upstream.ts";
import type { WireAnswer, WireRequest } from "./wire.ts";

export type Answered = Result<WireAnswer, UpstreamFailure>;

export interface StdioHost {
  /** Nobody waits for the answer any more. */
  gaveUp(request: WireRequest, reason: string): void;
  settled(request: WireRequest): void;
}

/** One line of ours and the line that answers it. */
export class StdioExchange extends OpenRequest {
  readonly #host: StdioHost;
  readonly #resolve: (answer: Answered) => void;
  #settled = false;

  constructor(request: WireRequest, host: StdioHost, resolve: (answer: Answered) => void) {
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

  settle(answer: Answered): void {
    if (this.#settled) return;
    this.#settled = true;
    this.close();
    this.request.signal?.removeEventListener("abort", this);
    this.#host.settled(this.request);
    this.#resolve(answer);
  }

  #giveUp(code: "upstream.timeout" | "upstream.cancelled", detail: string, reason: string): void {
    if (this.#settled) return;
    this.settle(failed(code, detail, true));
    this.#host.gaveUp(this.request, reason);
  }
}
