import type { Digest } from "../../core/digest.ts";

/** What records name: the bundle that decided. */
export interface BundleIdentity {
  readonly name: string;
  readonly revision: string;
  readonly sequence: number;
  /** SHA-256 of the canonical signed file list, so the same content has the same digest however it is packed. */
  readonly digest: Digest;
  /** Key id of the first signature that counts. */
  readonly signer: string;
}

/** A bundle whose archive, signature and manifest were checked. */
export interface VerifiedBundle {
  readonly identity: BundleIdentity;
  readonly tenant: string;
  readonly environment: string;
  /** Unix milliseconds. */
  readonly expiresAt: number;
  readonly onExpiry: "deny_all" | "deny_writes";
  readonly wasm: Uint8Array;
  /** `data.json`, parsed: { roles, index, settings, custom, catalog, cases }. */
  readonly data: Readonly<Record<string, unknown>>;
  readonly modules: readonly { readonly path: string; readonly text: string }[];
  readonly maxDecideMs: number;
}

export type BundleCode =
  | "bundle.unreadable"
  | "bundle.too_large"
  | "bundle.unsigned"
  | "bundle.bad_signature"
  | "bundle.unknown_key"
  | "bundle.too_few_signatures"
  | "bundle.file_changed"
  | "bundle.file_unlisted"
  | "bundle.file_missing"
  | "bundle.invalid_manifest"
  | "bundle.wrong_place"
  | "bundle.expired"
  | "bundle.older_sequence"
  | "bundle.same_sequence_other_content"
  | "bundle.unknown_library"
  | "bundle.unsupported"
  | "bundle.golden_case_failed"
  | "bundle.too_slow"
  | "bundle.invalid_catalog";

/** Why a bundle was not taken: a code and one sentence that says what was found and what was wanted. */
export interface BundleRefusal {
  readonly code: BundleCode;
  readonly detail: string;
  /** It is not for what the bundle is: time alone, or room on a disk, may end it, so that another try is worth it. */
  readonly again?: true;
}
