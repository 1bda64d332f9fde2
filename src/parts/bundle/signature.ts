import canonicalize from "canonicalize";
import { compactVerify, errors } from "jose";
import { type Digest, sha256 } from "../../core/digest.ts";
import { ok, type Result } from "../../core/result.ts";
import type { BundleContents } from "./archive.ts";
import type { BundleRefusal } from "./bundle.ts";
import { compareUtf8, hashFile, isHashAlgorithm } from "./canonical.ts";
import { signaturesFile } from "./entry-name.ts";
import type { BundleKey, Keyring } from "./keyring.ts";
import { refuse } from "./refuse.ts";
import { claimsOf, payloadOf, payloadSchema, readJson } from "./signatures-file.ts";

export interface SignedFile {
  readonly name: string;
  /** Hex, lower case. */
  readonly hash: string;
  readonly algorithm: string;
}

/** A signature that verifies. Whether its key may sign, and whether its list is that of the files, is not judged here. */
export interface Signature {
  readonly key: BundleKey;
  readonly files: readonly SignedFile[];
}

/** SHA-256 of the RFC 8785 form of the file list in the order of names: the same content has the same digest however it is packed. */
export function contentDigest(files: readonly SignedFile[]): Digest {
  const sorted = files.toSorted((a, b) => compareUtf8(a.name, b.name));
  return sha256(canonicalize(sorted.map(({ name, hash, algorithm }) => ({ name, hash: hash.toLowerCase(), algorithm }))) ?? "");
}

/** Checks that a key of the keyring made this signature, and gives the list of files it is over. */
export async function verifyToken(token: string, keyring: Keyring): Promise<Result<Signature, BundleRefusal>> {
  const claims = claimsOf(token);
  if (claims === undefined) return refuse("bundle.bad_signature", "found a signature that is no compact JWS with one key id");
  if (claims.kid === undefined) return refuse("bundle.unknown_key", "found a signature without a key id");
  const key = keyring.keys.get(claims.kid);
  if (key === undefined) return refuse("bundle.unknown_key", `found the key id "${claims.kid}", which the keyring does not hold`);
  // The algorithm comes from the keyring, never from the token: else "none", or HMAC with the public key as its secret, would pass.
  if (claims.alg !== key.algorithm) {
    return refuse("bundle.bad_signature", `found the algorithm "${claims.alg}", wanted "${key.algorithm}" for the key "${key.kid}"`);
  }
  let bytes: Uint8Array;
  try {
    bytes = (await compactVerify(token, key.publicKey, { algorithms: [key.algorithm] })).payload;
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    return refuse("bundle.bad_signature", `found a signature that the key "${key.kid}" did not make: ${error.message.toLowerCase()}`);
  }
  const payload = payloadSchema.safeParse(readJson(bytes));
  if (!payload.success) return refuse("bundle.unsupported", "found a signed payload that is not a list of files without a scope");
  return ok({ key, files: payload.data.files });
}

/** The list of files that a token is over, unverified; undefined where it is over none. */
export function filesOf(token: string): readonly SignedFile[] | undefined {
  return payloadSchema.safeParse(payloadOf(token)).data?.files;
}

/** Every file listed, none extra, each unchanged. Only `.signatures.json` itself stands outside. */
export function compareFiles(contents: BundleContents, listed: readonly SignedFile[]): Result<readonly SignedFile[], BundleRefusal> {
  const byName = new Map<string, SignedFile>();
  for (const file of listed) {
    if (byName.has(file.name)) return refuse("bundle.bad_signature", `found "${file.name}" twice in the signed list`);
    if (!isHashAlgorithm(file.algorithm))
      return refuse("bundle.unsupported", `found the hash algorithm "${file.algorithm}" for "${file.name}"`);
    byName.set(file.name, { name: file.name, hash: file.hash.toLowerCase(), algorithm: file.algorithm });
  }
  for (const name of contents.files.keys()) {
    if (name !== signaturesFile && !byName.has(name))
      return refuse("bundle.file_unlisted", `found "${name}", which the signature does not list`);
  }
  for (const file of byName.values()) {
    const bytes = contents.files.get(file.name);
    if (bytes === undefined || file.name === signaturesFile) {
      return refuse("bundle.file_missing", `found no "${file.name}", which the signature lists`);
    }
    const hash = hashFile(file.name, bytes, file.algorithm);
    if (!hash.ok) return refuse("bundle.unreadable", `"${file.name}": ${hash.error}`);
    if (hash.value !== file.hash)
      return refuse("bundle.file_changed", `found "${file.name}" with the hash ${hash.value}, wanted ${file.hash}`);
  }
  return ok([...byName.values()]);
}
