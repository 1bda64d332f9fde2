import type { VerifiedToken } from "../../core/principal.ts";
import type { Result } from "../../core/result.ts";
import type { AuthRefusal } from "./identity.ts";
import type { IssuerKeys, KeySet } from "./issuer-keys.ts";

export type Answer = Result<VerifiedToken, AuthRefusal>;

interface Known {
  readonly answer: Promise<Answer>;
  readonly issuer: IssuerKeys;
  readonly keys: KeySet;
  readonly until: number;
}

/**
 * Answers for tokens that were verified, kept under the text of the header: its hash is computed once, by the engine,
 * where a digest would cost more than the rest of the look-up. An answer holds until the token expires and while the
 * issuer's keys are the ones it was verified with. The oldest makes room for a new one.
 */
export class VerifiedTokens {
  readonly #known = new Map<string, Known>();
  readonly #bound: number;

  constructor(bound: number) {
    this.#bound = bound;
  }

  get size(): number {
    return this.#known.size;
  }

  find(authorization: string, now: number): Promise<Answer> | undefined {
    const known = this.#known.get(authorization);
    if (known === undefined) return undefined;
    if (known.until > now && known.issuer.current(now) === known.keys) return known.answer;
    this.#known.delete(authorization);
    return undefined;
  }

  keep(authorization: string, answer: Answer, issuer: IssuerKeys, keys: KeySet, until: number): void {
    if (this.#known.size >= this.#bound) this.#dropOldest();
    this.#known.set(authorization, { answer: Promise.resolve(answer), issuer, keys, until });
  }

  /** Forgets what is over, so that no token's text outlives the token for long. */
  forgetExpired(now: number): void {
    for (const [authorization, known] of this.#known) {
      if (known.until <= now) this.#known.delete(authorization);
    }
  }

  #dropOldest(): void {
    for (const authorization of this.#known.keys()) {
      this.#known.delete(authorization);
      return;
    }
  }
}
