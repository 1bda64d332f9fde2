import type { Clock } from "../../../platform/clock.ts";
import type { SourceEvents, SourceKind, SourceProblem, SourceStatus } from "./source.ts";

type Told = Omit<SourceEvents, "onCandidate">;

/** How a source stands: what became of its tries, and which of it is news. */
export class Standing {
  readonly #kind: SourceKind;
  readonly #where: string;
  readonly #clock: Clock;
  readonly #told: Told;
  #lastContact: number | undefined;
  #lastSuccess: number | undefined;
  #lastContent: number | undefined;
  #nextTry: number | undefined;
  #failures = 0;
  #problem: SourceStatus["problem"];
  readonly #failed: Record<string, number> = {};
  /** Reasons that were told since it began to fail. */
  readonly #reasons = new Set<string>();

  constructor(kind: SourceKind, where: string, clock: Clock, told: Told) {
    this.#kind = kind;
    this.#where = where;
    this.#clock = clock;
    this.#told = told;
  }

  get failures(): number {
    return this.#failures;
  }

  /** It brought a bundle, or said that there is no other. */
  did(isNew: boolean): void {
    const now = this.#clock.now();
    const failed = this.#failures > 0;
    this.#lastContact = now;
    this.#lastSuccess = now;
    if (isNew) this.#lastContent = now;
    this.#failures = 0;
    this.#problem = undefined;
    this.#reasons.clear();
    if (failed) this.#told.onRecovered?.();
  }

  failedWith({ code, detail }: SourceProblem, contacted: boolean): void {
    const now = this.#clock.now();
    if (contacted) this.#lastContact = now;
    this.#failures += 1;
    this.#failed[code] = (this.#failed[code] ?? 0) + 1;
    this.#problem = { code, detail, since: this.#problem?.since ?? now };
    // Counts of bytes differ from try to try, and are no other reason.
    const reason = `${code} ${detail.replaceAll(/\d+/g, "#")}`;
    if (this.#reasons.has(reason)) return;
    this.#reasons.add(reason);
    this.#told.onProblem({ code, detail });
  }

  triesAgainAt(time: number | undefined): void {
    this.#nextTry = time;
  }

  status(): SourceStatus {
    return {
      kind: this.#kind,
      where: this.#where,
      failures: this.#failures,
      failed: { ...this.#failed },
      ...(this.#lastContact !== undefined && { lastContact: this.#lastContact }),
      ...(this.#lastSuccess !== undefined && { lastSuccess: this.#lastSuccess }),
      ...(this.#lastContent !== undefined && { lastContent: this.#lastContent }),
      ...(this.#problem !== undefined && { problem: this.#problem }),
      ...(this.#nextTry !== undefined && { nextTry: this.#nextTry }),
    };
  }
}
