import { createPrivateKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { CompactSign } from "jose";
import { err, ok, type Result } from "../../core/result.ts";
import {
  type BundleLimits,
  compareUtf8,
  defaultBundleLimits,
  fits,
  hashFile,
  readBundle,
  type SignatureAlgorithm,
  type SignedFile,
  signaturesFile,
} from "../../parts/bundle/index.ts";
import { packBundle } from "./pack.ts";

export interface SigningKey {
  /** PEM, PKCS #8. */
  readonly privateKey: string;
  readonly kid: string;
  readonly algorithm: SignatureAlgorithm;
}

/** Signs every file of a bundle, in place of a signature that is there. OPA verifies the result with the same public key. */
export async function signBundle(
  bytes: Uint8Array,
  key: SigningKey,
  limits: BundleLimits = defaultBundleLimits,
): Promise<Result<Uint8Array, string>> {
  const secret = privateKeyOf(key);
  if (!secret.ok) return secret;
  const contents = await readBundle(bytes, limits);
  if (!contents.ok) return err(contents.error.detail);
  const files = new Map(contents.value.files);
  files.delete(signaturesFile);
  const listed = listFiles(files);
  if (!listed.ok) return listed;
  const token = await signFiles(listed.value, secret.value, key);
  files.set(signaturesFile, Buffer.from(`${JSON.stringify({ signatures: [token] }, null, 1)}\n`));
  return ok(await packBundle(files));
}

/** A key pair in PEM for bundles whose private key is not kept, and for tests. */
export function generateKeyPair(algorithm: "ES256" | "EdDSA"): { readonly publicKey: string; readonly privateKey: string } {
  const publicKeyEncoding = { type: "spki", format: "pem" } as const;
  const privateKeyEncoding = { type: "pkcs8", format: "pem" } as const;
  if (algorithm === "EdDSA") return generateKeyPairSync("ed25519", { publicKeyEncoding, privateKeyEncoding });
  return generateKeyPairSync("ec", { namedCurve: "P-256", publicKeyEncoding, privateKeyEncoding });
}

/** The list that is signed, in the order of names. */
export function listFiles(files: ReadonlyMap<string, Uint8Array>): Result<readonly SignedFile[], string> {
  const listed: SignedFile[] = [];
  for (const name of [...files.keys()].sort(compareUtf8)) {
    const hash = hashFile(name, files.get(name) ?? new Uint8Array());
    if (!hash.ok) return err(`"${name}": ${hash.error}`);
    listed.push({ name, hash: hash.value, algorithm: "SHA-256" });
  }
  return ok(listed);
}

function signFiles(files: readonly SignedFile[], secret: KeyObject, key: SigningKey): Promise<string> {
  // OPA reads the key id from the header, older versions from the payload: both are told.
  const payload = Buffer.from(JSON.stringify({ files, keyid: key.kid }));
  return new CompactSign(payload).setProtectedHeader({ alg: key.algorithm, kid: key.kid, typ: "JWT" }).sign(secret);
}

function privateKeyOf(key: SigningKey): Result<KeyObject, string> {
  let secret: KeyObject;
  try {
    secret = createPrivateKey(key.privateKey);
  } catch {
    return err("found no PEM private key that can be read without a passphrase");
  }
  if (!fits(secret, key.algorithm)) return err(`found a key of kind "${secret.asymmetricKeyType}", which does not fit ${key.algorithm}`);
  return key.kid === "" ? err("found an empty key id") : ok(secret);
}
