import type { BundleCode } from "../bundle.ts";

export type SourceKind = "file" | "http" | "oci";

export type SourceCode =
  /** No connection, or it broke before anything was answered. */
  | "source.unreachable"
  | "source.timeout"
  /** 401, 403, or a token service that gives no token. */
  | "source.denied"
  /** 404, 410. */
  | "source.not_found"
  /** 429. */
  | "source.busy"
  /** Any other answer that a working source does not give. */
  | "source.failed"
  /** Redirects that are not followed: a loop, too many, or to where a source may not lead. */
  | "source.redirected"
  /** An answer that ended too soon, or is no proper HTTP. */
  | "source.cut_off"
  /** Something else than a bundle: a page, an image, an index. */
  | "source.no_bundle"
  | "source.too_large"
  /** Content that is not what its digest says. */
  | "source.other_content"
  /** A secret, certificate or key of this gateway's own configuration is missing. */
  | "source.no_credential"
  /** The gateway itself could not deal with what came. */
  | "source.not_kept";

/** Why a try brought nothing: a code and one sentence. It never holds a secret, a query or content. */
export interface SourceProblem {
  readonly code: SourceCode | BundleCode;
  readonly detail: string;
}

/** How a source does. All times are Unix milliseconds. */
export interface SourceStatus {
  readonly kind: SourceKind;
  /** Path, address or reference; without credentials and query. */
  readonly where: string;
  /** Something answered, be it an error. */
  readonly lastContact?: number;
  /** It brought a bundle, or said that there is no other. */
  readonly lastSuccess?: number;
  /** What it brought was not what it had brought before. */
  readonly lastContent?: number;
  /** Tries in a row that failed; 0 while it does well. */
  readonly failures: number;
  /** The latest reason, while it fails. */
  readonly problem?: SourceProblem & { readonly since: number };
  readonly nextTry?: number;
  /** Failed tries since the start, by code. */
  readonly failed: Readonly<Record<string, number>>;
}

/** Brings the bundles of one place, by itself, until it is closed. It believes nothing of what it brings. */
export interface BundleSource {
  /** Asks now; done when what came was dealt with, or nothing did. Never throws for what a source does. */
  check(): Promise<void>;
  status(): SourceStatus;
  /** Ends what is under way and keeps no connection. */
  close(): Promise<void>;
}

/** What a source tells. */
export interface SourceEvents {
  /** Content that was not handed over before. The next one waits until this is done. */
  readonly onCandidate: (bytes: Uint8Array) => void | Promise<void>;
  /** It begins to fail, or fails for another reason; said once for each reason. */
  readonly onProblem: (problem: SourceProblem) => void;
  /** It does well again. */
  readonly onRecovered?: () => void;
}
