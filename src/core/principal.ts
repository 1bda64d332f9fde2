/** What a verified token says. Identity makes it; whether the agent is registered is for the bundle to say. */
export interface VerifiedToken {
  readonly tenant: string;
  readonly issuer: string;
  readonly subject: string;
  /** Set by the issuer's mapping, never inferred from a missing user. */
  readonly kind: PrincipalKind;
  /** Absent exactly when the agent acts alone. */
  readonly user?: VerifiedUser;
  /** The acting agent as the token names it: client id, `act.sub`, or workload subject. */
  readonly agent: string;
  /** The OAuth client the token was issued to. */
  readonly clientId?: string;
  /** RFC 8693 `act` chain, nearest first; entry 0 is the acting agent. Deeper entries may only tighten. */
  readonly delegation: readonly Delegate[];
  readonly scopes: readonly string[];
  /** Unix milliseconds. */
  readonly expiresAt: number;
}

export type PrincipalKind = "user_via_agent" | "agent" | "workload";

export interface VerifiedUser {
  readonly id: string;
  readonly issuer: string;
  readonly email?: string;
  readonly groups: readonly string[];
  readonly auth?: { readonly acr?: string; readonly amr?: readonly string[]; readonly time?: number };
}

export interface Delegate {
  readonly subject: string;
  readonly issuer?: string;
}
