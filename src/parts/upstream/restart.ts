import type { Clock } from "../../platform/clock.ts";
import { backOff, type Schedule } from "./wire.ts";

export interface RestartOptions {
  readonly clock: Clock;
  readonly schedule: Schedule;
  readonly baseMs: number;
  readonly maxMs: number;
  /** What ended may be started again now. */
  readonly onRestart: () => void;
}

/** What lived so long did not end because of how it was started. */
const STEADY_MS = 30_000;

/** When something that ended may be started again: later and later, unless it lived for long. */
export class Restart {
  readonly #options: RestartOptions;
  #attempt = 0;
  #startedAt = 0;
  #notBefore = 0;
  #cancel: (() => void) | undefined;

  constructor(options: RestartOptions) {
    this.#options = options;
  }

  /** How long it still may not be started; 0 if it may. */
  get waitMs(): number {
    return Math.max(0, this.#notBefore - this.#options.clock.now());
  }

  started(): void {
    this.#startedAt = this.#options.clock.now();
  }

  /** It ended. Gives the wait until it is started again. */
  ended(): number {
    const { clock, schedule, baseMs, maxMs, onRestart } = this.#options;
    const now = clock.now();
    if (now - this.#startedAt >= STEADY_MS) this.#attempt = 0;
    const wait = backOff(this.#attempt++, baseMs, maxMs);
    this.#notBefore = now + wait;
    this.#cancel?.();
    this.#cancel = schedule(() => {
      this.#notBefore = 0;
      onRestart();
    }, wait);
    return wait;
  }

  /** It ended for a reason that will not come again: it may be started at once. */
  forgive(): void {
    this.#cancel?.();
    this.#attempt = 0;
    this.#notBefore = 0;
  }

  /** It is never started again. */
  cancel(): void {
    this.#cancel?.();
  }
}
