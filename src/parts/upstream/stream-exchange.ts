import type { Result } from "../../core/result.ts";
import { failed } from "./failure.ts";
import { OpenRequest } from "./open-request.ts";
import type { UpstreamFailure } from "./upstream.ts";
import type { WireAnswer, WireRequest } from "./wire.ts";

export type Answered = Result<WireAnswer, UpstreamFailure>;

export interface ExchangeOwner {
  /** The request was sent and nobody waits for the answer any more. */
  gaveUp(request: WireRequest, reason: string): void;
  settled(request: WireRequest): void;
}

/** One message of ours and the one that answers it, on a stream that carries those of all requests. */
export class StreamExchange extends OpenRequest {
  /** What is waited for, in the words of a failure. */
  awaits = "answer";
  onceSettled: (() => void) | undefined;
  readonly #owner: ExchangeOwner;
  readonly #resolve: (answer: Answered) => void;
  #dispatched = false;
  #settled = false;

  constructor(request: WireRequest, owner: ExchangeOwner, resolve: (answer: Answered) => void) {
    super(request);
    this.#owner = owner;
    this.#resolve = resolve;
    request.signal?.addEventListener("abort", this);
  }

  /** Called right before bytes may reach the server. */
  dispatch(): void {
    this.#dispatched = true;
    this.request.onDispatch?.();
  }

  expire(): void {
    this.#giveUp("upstream.timeout", `no ${this.awaits} within ${this.request.timeoutMs} ms`, "deadline");
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
    this.onceSettled?.();
    this.#owner.settled(this.request);
    this.#resolve(answer);
  }

  fail(code: UpstreamFailure["code"], detail: string): void {
    this.settle(failed(code, detail, this.#dispatched));
  }

  #giveUp(code: "upstream.timeout" | "upstream.cancelled", detail: string, reason: string): void {
    if (this.#settled) return;
    this.fail(code, detail);
    if (this.#dispatched) this.#owner.gaveUp(this.request, reason);
  }
}
