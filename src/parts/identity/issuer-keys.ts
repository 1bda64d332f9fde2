import { createLocalJWKSet, type JSONWebKeySet, type LocalJWKSet } from "jose";
import type { Logger } from "../../platform/logger.ts";
import type { IssuerConfig } from "./config.ts";
import { type Fetch, messageOf, readKeys } from "./key-source.ts";

/** After a failure the issuer is asked again sooner than after an unknown key: callers are waiting for it. */
const RETRY_AFTER_FAILURE_MS = 5_000;

/** Keys as they were read. A new object exactly when the keys changed: what was verified with the old one is verified anew. */
export interface KeySet {
  readonly find: LocalJWKSet;
}

/** The keys of one issuer, read when they are needed and kept while the issuer cannot be reached. */
export class IssuerKeys {
  readonly #issuer: IssuerConfig;
  readonly #fetch: Fetch;
  readonly #logger: Logger;
  #keys: KeySet | undefined;
  #text = "";
  #readAt = 0;
  #nextAttempt = 0;
  #failed = false;
  #flight: Promise<void> | undefined;

  constructor(issuer: IssuerConfig, fetch: Fetch, logger: Logger) {
    this.#issuer = issuer;
    this.#fetch = fetch;
    this.#logger = logger;
  }

  /** The keys, if they may be used at `now`. Keys that grow old are read again behind it. */
  current(now: number): KeySet | undefined {
    const age = now - this.#readAt;
    if (age >= this.#issuer.jwks_refresh_s * 1000 && this.#keys !== undefined) void this.refresh(now);
    return age < this.#issuer.jwks_max_age_s * 1000 ? this.#keys : undefined;
  }

  /** Whether the last attempt to read the keys failed. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Reads the keys again, unless that was tried a moment ago. Everybody who asks meanwhile waits for the same reading. */
  refresh(now: number): Promise<void> {
    if (this.#flight !== undefined) return this.#flight;
    if (now < this.#nextAttempt) return Promise.resolve();
    this.#nextAttempt = now + this.#issuer.jwks_cooldown_s * 1000;
    this.#flight = this.#read(now).finally(() => {
      this.#flight = undefined;
    });
    return this.#flight;
  }

  async #read(now: number): Promise<void> {
    try {
      this.#accept(await readKeys(this.#issuer, this.#fetch), now);
      if (this.#failed) this.#logger.info({ issuer: this.#issuer.issuer }, "the keys of the issuer can be read again");
      this.#failed = false;
    } catch (error) {
      this.#nextAttempt = Math.min(this.#nextAttempt, now + RETRY_AFTER_FAILURE_MS);
      if (!this.#failed)
        this.#logger.warn({ issuer: this.#issuer.issuer, error: messageOf(error) }, "the keys of the issuer cannot be read");
      this.#failed = true;
    }
  }

  #accept(read: JSONWebKeySet, now: number): void {
    const text = JSON.stringify(read);
    if (text !== this.#text || this.#keys === undefined) this.#keys = { find: createLocalJWKSet(read) };
    this.#text = text;
    this.#readAt = now;
  }
}
