import type { Result } from "../../core/result.ts";
import type { CredentialMode } from "../../core/server.ts";

/** Mints what the gateway shows to a server. The caller's own token never leaves. */
export interface Credentials {
  /** Headers for one call; empty for mode none. Read anew when the file or variable behind it changes. */
  headersFor(credential: CredentialMode): Promise<Result<Readonly<Record<string, string>>, CredentialMissing>>;
  /** Replaces every known secret value in the text. */
  scrub(text: string): string;
}

export interface CredentialMissing {
  readonly code: "upstream.no_credential";
  /** Names the secret, never its value. */
  readonly detail: string;
}
