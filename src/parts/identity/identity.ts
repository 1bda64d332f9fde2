import type { VerifiedToken } from "../../core/principal.ts";
import type { Result } from "../../core/result.ts";

export interface Identity {
  /** Verifies the value of an `Authorization` header. Answers for a token it knows come from memory until the token expires. */
  verify(authorization: string | undefined, now: number): Promise<Result<VerifiedToken, AuthRefusal>>;
  /** Issuers a client may turn to, for protected-resource metadata (RFC 9728). */
  readonly issuers: readonly string[];
}

export interface AuthRefusal {
  readonly code:
    | "auth.missing"
    | "auth.malformed"
    | "auth.unknown_issuer"
    | "auth.algorithm_not_allowed"
    | "auth.bad_signature"
    | "auth.wrong_audience"
    | "auth.expired"
    | "auth.not_yet_valid"
    | "auth.unmapped_user"
    | "auth.unmapped_agent"
    | "auth.issuer_unreachable";
  /** What was found and what was wanted; never the token or a claim of a person. */
  readonly detail: string;
  /** The issuer as claimed, when it is a configured one. */
  readonly issuer?: string;
}
