import type { Result } from "./result.ts";

/** A URI in its one normal form (RFC 3986, section 6.2.2 and 6.2.3): what policy sees and what is sent to the server. */
export interface ResourceUri {
  readonly text: string;
  readonly scheme: string;
  /** Lower case, with port unless it is the scheme's default; absent where the URI has no authority. */
  readonly host?: string;
  /** Without dot segments; still percent-encoded where it must be. */
  readonly path: string;
}

export declare function parseUri(text: string): Result<ResourceUri, { readonly detail: string }>;
