import { sha256 } from "../../../core/digest.ts";
import { messageOf } from "../../../core/errors.ts";
import type { Result } from "../../../core/result.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { BundleSource, SourceEvents, SourceKind, SourceProblem } from "./source.ts";
import { Standing } from "./standing.ts";
import { backOffMs, type Delays, restMs } from "./waits.ts";

/** A place that has to be asked. */
export interface Fetcher {
  readonly kind: SourceKind;
  readonly where: string;
  /** One try, which ends in bounded time. `patient`: the server may hold its answer back until there is something new. */
  fetch(signal: AbortSignal, patient: boolean): Promise<Result<Fetched, FetchFailure>>;
  /** What it brought last was lost here: it brings it again, be it the same as before. */
  forget(): void;
  close(): Promise<void>;
}

export interface Fetched {
  /** Absent if there is nothing new. */
  readonly bytes?: Uint8Array;
  /** The server holds answers back, so that there is nothing to wait for before the next try. */
  readonly holds?: boolean;
}

export interface FetchFailure extends SourceProblem {
  /** Something answered. */
  readonly contacted: boolean;
  /** What the server asked for. */
  readonly retryAfterMs?: number;
}

/** Runs something later; what it gives back prevents that. */
export type Schedule = (run: () => void, ms: number) => () => void;

export const systemSchedule: Schedule = (run, ms) => {
  const timer = setTimeout(run, ms);
  timer.unref();
  return () => clearTimeout(timer);
};

export interface PollingOptions extends SourceEvents {
  readonly delays: Delays;
  readonly clock: Clock;
  readonly schedule?: Schedule;
  /** From 0 to 1. */
  readonly random?: () => number;
}

/** A server that says it holds answers back, and does not, is asked once in this time. */
const LEAST_HELD_MS = 1000;

/** Asks a place again and again: at random between two delays while it does well, later and later while it fails. */
export function pollingSource(fetcher: Fetcher, options: PollingOptions): BundleSource {
  const source = new Polling(fetcher, options);
  void source.check();
  return source;
}

interface Try {
  readonly ending: AbortController;
  /** It waits at the server, and may be replaced by one that asks at once. */
  readonly patient: boolean;
  readonly done: Promise<void>;
}

class Polling implements BundleSource {
  readonly #fetcher: Fetcher;
  readonly #options: PollingOptions;
  readonly #standing: Standing;
  readonly #schedule: Schedule;
  readonly #random: () => number;
  #content = "";
  #current: Try | undefined;
  #cancel: (() => void) | undefined;
  #closed = false;

  constructor(fetcher: Fetcher, options: PollingOptions) {
    this.#fetcher = fetcher;
    this.#options = options;
    this.#standing = new Standing(fetcher.kind, fetcher.where, options.clock, options);
    this.#schedule = options.schedule ?? systemSchedule;
    this.#random = options.random ?? Math.random;
  }

  async check(): Promise<void> {
    if (this.#closed) return;
    const waiting = this.#current;
    if (waiting !== undefined && !waiting.patient) return waiting.done;
    waiting?.ending.abort();
    await waiting?.done;
    await this.#begin(false);
  }

  status() {
    return this.#standing.status();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel?.();
    this.#standing.triesAgainAt(undefined);
    this.#current?.ending.abort();
    await this.#current?.done;
    await this.#fetcher.close();
  }

  #begin(patient: boolean): Promise<void> {
    if (this.#closed) return Promise.resolve();
    if (this.#current !== undefined) return this.#current.done;
    this.#cancel?.();
    this.#standing.triesAgainAt(undefined);
    const ending = new AbortController();
    const done = this.#try(ending.signal, patient);
    this.#current = { ending, patient, done };
    return done;
  }

  async #try(signal: AbortSignal, patient: boolean): Promise<void> {
    const began = this.#options.clock.now();
    const fetched = await this.#fetcher.fetch(signal, patient).catch(unexpected);
    if (signal.aborted) {
      this.#current = undefined;
      return;
    }
    const wait = fetched.ok ? await this.#took(fetched.value, began) : this.#missed(fetched.error);
    this.#current = undefined;
    if (this.#closed) return;
    this.#standing.triesAgainAt(this.#options.clock.now() + wait);
    this.#cancel = this.#schedule(() => void this.#begin(true), wait);
  }

  /** Gives the wait until the next try. */
  async #took({ bytes, holds }: Fetched, began: number): Promise<number> {
    const { clock, delays, onCandidate } = this.#options;
    const content = bytes === undefined ? this.#content : sha256(bytes);
    const isNew = content !== this.#content;
    if (isNew && bytes !== undefined) {
      try {
        await onCandidate(bytes);
        this.#content = content;
      } catch (error) {
        // Else the next answer is that there is nothing new, and the bundle comes only with the one after it.
        this.#fetcher.forget();
        return this.#missed(notKept(error));
      }
    }
    this.#standing.did(isNew);
    return holds ? Math.max(0, LEAST_HELD_MS - (clock.now() - began)) : restMs(delays, this.#random());
  }

  #missed(failure: FetchFailure): number {
    this.#standing.failedWith(failure, failure.contacted);
    return backOffMs(this.#standing.failures, this.#options.delays, this.#random(), failure.retryAfterMs);
  }
}

function unexpected(error: unknown): { readonly ok: false; readonly error: FetchFailure } {
  return { ok: false, error: notKept(error) };
}

function notKept(error: unknown): FetchFailure {
  return { code: "source.not_kept", detail: messageOf(error), contacted: true };
}
