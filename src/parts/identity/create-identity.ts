import { err } from "../../core/result.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import { principalOf } from "./claims.ts";
import { type CompactToken, readCompactToken } from "./compact-token.ts";
import type { IdentityConfig, IssuerConfig } from "./config.ts";
import type { AuthRefusal, Identity } from "./identity.ts";
import { IssuerKeys, type KeySet } from "./issuer-keys.ts";
import type { Fetch } from "./key-source.ts";
import { checkSignature } from "./signature.ts";
import { type Answer, VerifiedTokens } from "./verified-tokens.ts";

const MOST_TOKENS = 10_000;
const MOST_FORGERIES = 1_000;
/** A forged token that is sent again and again is refused from memory, but only for so long. */
const FORGERY_KEPT_MS = 10_000;
const FORGET_EVERY_MS = 60_000;

export interface IdentitySurroundings {
  readonly clock: Clock;
  readonly logger: Logger;
  /** How keys are read; the platform's own if left out. */
  readonly fetch?: Fetch;
  /** Tokens kept at once. */
  readonly maxTokens?: number;
}

/** Verifies access tokens of the configured issuers. `close` ends its housekeeping, which keeps no process alive. */
export function createIdentity(config: IdentityConfig, around: IdentitySurroundings): Identity & { size(): number; close(): void } {
  const verifier = new Verifier(config, around);
  const housekeeping = setInterval(() => verifier.forgetExpired(around.clock.now()), FORGET_EVERY_MS).unref();
  return {
    issuers: config.issuers.map((entry) => entry.issuer),
    verify: (authorization, now) => verifier.verify(authorization, now),
    size: () => verifier.size,
    close: () => clearInterval(housekeeping),
  };
}

interface Issuer {
  readonly config: IssuerConfig;
  readonly keys: IssuerKeys;
  readonly types: ReadonlySet<string>;
}

const missing: Promise<Answer> = Promise.resolve(err({ code: "auth.missing", detail: "found no Authorization header; wanted Bearer" }));

class Verifier {
  readonly #issuers: ReadonlyMap<string, Issuer>;
  readonly #verified: VerifiedTokens;
  readonly #forged = new VerifiedTokens(MOST_FORGERIES);
  readonly #flights = new Map<string, Promise<Answer>>();

  constructor(config: IdentityConfig, around: IdentitySurroundings) {
    const fetch = around.fetch ?? globalThis.fetch;
    this.#verified = new VerifiedTokens(around.maxTokens ?? MOST_TOKENS);
    this.#issuers = new Map(
      config.issuers.map((entry) => {
        const keys = new IssuerKeys(entry, fetch, around.logger);
        return [entry.issuer, { config: entry, keys, types: new Set(entry.types.map(plainType)) }];
      }),
    );
  }

  get size(): number {
    return this.#verified.size;
  }

  verify(authorization: string | undefined, now: number): Promise<Answer> {
    if (authorization === undefined) return missing;
    const known = this.#verified.find(authorization, now) ?? this.#flights.get(authorization) ?? this.#forged.find(authorization, now);
    if (known !== undefined) return known;
    const flight = this.#verifyNew(authorization, now).finally(() => this.#flights.delete(authorization));
    this.#flights.set(authorization, flight);
    return flight;
  }

  forgetExpired(now: number): void {
    this.#verified.forgetExpired(now);
    this.#forged.forgetExpired(now);
  }

  async #verifyNew(authorization: string, now: number): Promise<Answer> {
    const read = readCompactToken(authorization);
    if (!read.ok) return read;
    const token = read.value;
    const issuer = this.#issuers.get(token.issuer);
    if (issuer === undefined) return refuse("auth.unknown_issuer", "the token's issuer is not configured");
    const name = issuer.config.issuer;
    if (!issuer.types.has(plainType(token.type))) {
      return refuse("auth.malformed", `found another type; wanted one of "${issuer.config.types.join('", "')}"`, name);
    }
    if (!issuer.config.algorithms.some((algorithm) => algorithm === token.algorithm)) {
      return refuse("auth.algorithm_not_allowed", `wanted one of "${issuer.config.algorithms.join('", "')}"; found another`, name);
    }
    const checked = await checkWithFreshKeys(token, issuer.keys, now);
    if (checked.keys === undefined) return refuse("auth.issuer_unreachable", "no keys of the issuer that may be used", name);
    if (checked.signature === "no_key") return refuseUnknownKey(issuer);
    if (checked.signature === "bad") {
      const refusal = refuse("auth.bad_signature", "the signature does not verify", name);
      this.#forged.keep(authorization, refusal, issuer.keys, checked.keys, now + FORGERY_KEPT_MS);
      return refusal;
    }

    const principal = principalOf(token.claims, issuer.config, now);
    if (!principal.ok) return err({ ...principal.error, issuer: name });
    this.#verified.keep(authorization, principal, issuer.keys, checked.keys, principal.value.expiresAt);
    return principal;
  }
}

function refuseUnknownKey(issuer: Issuer): Answer {
  const name = issuer.config.issuer;
  // The key may be a new one that could not be read yet: say so instead of calling the token forged.
  if (issuer.keys.failed) return refuse("auth.issuer_unreachable", "the token's key is unknown and the issuer cannot be asked", name);
  return refuse("auth.bad_signature", "the issuer has no key with the token's key id and algorithm", name);
}

interface Checked {
  readonly signature: "good" | "bad" | "no_key";
  readonly keys: KeySet | undefined;
}

/** Checks with the keys at hand; keys that are missing, or lack the token's, are read again first, if that is due. */
async function checkWithFreshKeys(token: CompactToken, issuer: IssuerKeys, now: number): Promise<Checked> {
  let keys = issuer.current(now);
  if (keys !== undefined) {
    const signature = await checkSignature(token, keys);
    if (signature !== "no_key") return { signature, keys };
  }
  const before = keys;
  await issuer.refresh(now);
  keys = issuer.current(now);
  if (keys === undefined || keys === before) return { signature: "no_key", keys };
  return { signature: await checkSignature(token, keys), keys };
}

/** RFC 7515, section 4.1.9: `application/` may be left out, and media types have no case. */
function plainType(type: string): string {
  return type.toLowerCase().replace(/^application\//, "");
}

function refuse(code: AuthRefusal["code"], detail: string, issuer?: string): { readonly ok: false; readonly error: AuthRefusal } {
  return err(issuer === undefined ? { code, detail } : { code, detail, issuer });
}
