import canonicalize from "canonicalize";
import { compactVerify, decodeProtectedHeader, errors } from "jose";
import { z } from "zod";
import { type Digest, sha256 } from "../../core/digest.ts";
import { decodeUtf8, parseJson } from "../../core/json/index.ts";
import { ok, type Result } from "../../core/result.ts";
import type { BundleContents } from "./archive.ts";
import type { BundleRefusal } from "./bundle.ts";
import { compareUtf8, hashFile, isHashAlgorithm } from "./canonical.ts";
import { signaturesFile } from "./entry-name.ts";
import type { BundleKey, Keyring } from "./keyring.ts";
import { refuse } from "./refuse.ts";

export interface SignedFile {
  readonly name: string;
  /** Hex, lower case. */
  readonly hash: string;
  readonly algorithm: string;
}

export interface Signature {
  readonly key: BundleKey;
  readonly files: readonly SignedFile[];
  readonly digest: Digest;
}

const signaturesSchema = z.strictObject({
  signatures: z.array(z.string()),
  // opa build writes its own name for "no plugin"; any other plugin verifies in a way that nobody here can repeat.
  plugin: z.literal(["", "_default"]).optional(),
  toolgate_cosignatures: z.array(z.string()).optional(),
});

const payloadSchema = z.looseObject({
  files: z.array(z.strictObject({ name: z.string(), hash: z.string().regex(/^[0-9a-fA-F]+$/), algorithm: z.string() })),
  keyid: z.string().optional(),
  scope: z.literal("").optional(),
});

const jsonLimits = { maxDepth: 16, foldKeysToDepth: 0, unsafeNumbers: "refuse" } as const;

/**
 * Checks that exactly one key of the keyring signed exactly the files that are there. Whether that key may sign now
 * (validity, revocation) and what the files mean is not judged here.
 */
export async function verifySignature(contents: BundleContents, keyring: Keyring): Promise<Result<Signature, BundleRefusal>> {
  const token = onlyToken(contents);
  if (!token.ok) return token;
  const payload = await verifyToken(token.value, keyring);
  if (!payload.ok) return payload;
  const { key, files } = payload.value;
  const compared = compareFiles(contents, files);
  return compared.ok ? ok({ key, files: compared.value, digest: contentDigest(compared.value) }) : compared;
}

/** SHA-256 of the RFC 8785 form of the file list in the order of names: the same content has the same digest however it is packed. */
export function contentDigest(files: readonly SignedFile[]): Digest {
  const sorted = files.toSorted((a, b) => compareUtf8(a.name, b.name));
  return sha256(canonicalize(sorted.map(({ name, hash, algorithm }) => ({ name, hash, algorithm }))) ?? "");
}

/** The JWS of `.signatures.json`, unverified. OPA refuses two as well: with several, each reader could believe another. */
export function onlyToken(contents: BundleContents): Result<string, BundleRefusal> {
  const bytes = contents.files.get(signaturesFile);
  if (bytes === undefined) return refuse("bundle.unsigned", `found no "${signaturesFile}"; wanted a signed bundle`);
  const parsed = readJson(bytes);
  const read = signaturesSchema.safeParse(parsed);
  if (!read.success) return refuse("bundle.bad_signature", `found a "${signaturesFile}" that is not {"signatures": [one JWS]}`);
  const [token, ...others] = read.data.signatures;
  if (token === undefined) return refuse("bundle.unsigned", `found no signature in "${signaturesFile}"; wanted exactly one`);
  if (others.length > 0) return refuse("bundle.bad_signature", `found ${others.length + 1} signatures, wanted exactly one`);
  return ok(token);
}

/** What a token claims before it is verified: good for choosing the key and for showing, for nothing else. */
export function claimsOf(token: string): { readonly alg: string; readonly kid: string | undefined } | undefined {
  try {
    const header = decodeProtectedHeader(token);
    const named = header.kid === "" ? undefined : header.kid;
    // `opa sign` leaves the header's kid empty and puts the id, if any, into the payload.
    const body = readJson(Buffer.from(token.split(".")[1] ?? "", "base64url"));
    const claimed = payloadSchema.safeParse(body).data?.keyid;
    const inBody = claimed === "" ? undefined : claimed;
    if (named !== undefined && inBody !== undefined && named !== inBody) return undefined;
    return { alg: header.alg ?? "none", kid: named ?? inBody };
  } catch {
    return undefined;
  }
}

async function verifyToken(
  token: string,
  keyring: Keyring,
): Promise<Result<{ readonly key: BundleKey; readonly files: readonly SignedFile[] }, BundleRefusal>> {
  const claims = claimsOf(token);
  if (claims === undefined) return refuse("bundle.bad_signature", "found a signature that is no compact JWS with one key id");
  if (claims.kid === undefined) return refuse("bundle.unknown_key", "found a signature without a key id");
  const key = keyring.get(claims.kid);
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

/** Every file listed, none extra, each unchanged. Only `.signatures.json` itself stands outside. */
function compareFiles(contents: BundleContents, listed: readonly SignedFile[]): Result<readonly SignedFile[], BundleRefusal> {
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

/** The value of a small JSON text, or undefined if it is none. */
function readJson(bytes: Uint8Array): unknown {
  const text = decodeUtf8(bytes);
  if (!text.ok) return undefined;
  const value = parseJson(text.value, jsonLimits);
  return value.ok ? value.value : undefined;
}
