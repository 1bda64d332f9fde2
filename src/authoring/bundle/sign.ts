import { err, ok, type Result } from "../../core/result.ts";
import {
  type BundleContents,
  type BundleLimits,
  claimsOf,
  compareFiles,
  compareUtf8,
  defaultBundleLimits,
  filesOf,
  hashFile,
  maxSignatures,
  readBundle,
  readSignatures,
  type Signatures,
  type SignedFile,
  signaturesFile,
  writeSignatures,
} from "../../parts/bundle/index.ts";
import { packBundle } from "./pack.ts";
import { verifyRaw } from "./raw-signature.ts";
import { localSigner, type NotSigned, type Signer, type SigningKey } from "./signer.ts";

export interface SignOptions {
  /** Adds a co-signature to the signatures that are there; without it they are replaced. */
  readonly add?: boolean;
  readonly limits?: BundleLimits;
}

export interface SignedBundle {
  readonly bytes: Uint8Array;
  /** Key ids that the bundle claims to be signed by now, the first one first. */
  readonly signers: readonly string[];
  /** Signatures that were there and are gone. */
  readonly replaced: number;
}

/** Signs every file of a bundle, in place of signatures that are there. OPA verifies the result with the same public key. */
export async function signBundle(
  bytes: Uint8Array,
  key: SigningKey,
  limits: BundleLimits = defaultBundleLimits,
): Promise<Result<Uint8Array, string>> {
  const signer = localSigner(key);
  if (!signer.ok) return signer;
  const signed = await signBundleWith(bytes, signer.value, { limits });
  return signed.ok ? ok(signed.value.bytes) : err(signed.error.detail);
}

/** As `signBundle`, by any signer, or as a further signature over the list of files that the first one is over. */
export async function signBundleWith(
  bytes: Uint8Array,
  signer: Signer,
  { add = false, limits = defaultBundleLimits }: SignOptions = {},
): Promise<Result<SignedBundle, NotSigned>> {
  const contents = await readBundle(bytes, limits);
  if (!contents.ok) return mistake(contents.error.detail);
  const before = readSignatures(contents.value);
  const files = new Map(contents.value.files);
  files.delete(signaturesFile);
  const listed = add ? listToCosign(contents.value, before, signer.kid) : listFiles(files);
  if (!listed.ok) return mistake(listed.error);
  const token = await signFiles(listed.value, signer);
  if (!token.ok) return token;
  const there = before.ok ? [before.value.first, ...before.value.cosignatures] : [];
  const after: Signatures =
    add && before.ok
      ? { ...before.value, cosignatures: [...before.value.cosignatures, token.value] }
      : { first: token.value, cosignatures: [] };
  files.set(signaturesFile, writeSignatures(after));
  return ok({
    bytes: await packBundle(files),
    signers: [after.first, ...after.cosignatures].map((one) => claimsOf(one)?.kid ?? ""),
    replaced: add ? 0 : there.length,
  });
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

/** The list of the first signature, once it was seen that it is that of the files: what is signed is never taken on trust. */
function listToCosign(
  contents: BundleContents,
  before: ReturnType<typeof readSignatures>,
  kid: string,
): Result<readonly SignedFile[], string> {
  if (!before.ok) return err(`${before.error.detail}; a co-signature stands beside a first one`);
  const { first, cosignatures } = before.value;
  if ([first, ...cosignatures].some((token) => claimsOf(token)?.kid === kid)) return err(`the key "${kid}" signed this bundle already`);
  if (cosignatures.length + 2 > maxSignatures) return err(`found ${cosignatures.length + 1} signatures; wanted at most ${maxSignatures}`);
  const listed = filesOf(first);
  if (listed === undefined) return err("found a first signature that is over no list of files");
  const compared = compareFiles(contents, listed);
  return compared.ok ? compared : err(compared.error.detail);
}

async function signFiles(files: readonly SignedFile[], signer: Signer): Promise<Result<string, NotSigned>> {
  const { kid, algorithm, publicKey } = signer;
  // OPA reads the key id from the header, older versions from the payload: both are told.
  const input = `${part({ alg: algorithm, kid, typ: "JWT" })}.${part({ files, keyid: kid })}`;
  const signature = await signer.sign(Buffer.from(input));
  if (!signature.ok) return signature;
  // Also for a key that is here: a fault while it computed would give the key away to whoever sees the result.
  if (!verifyRaw(algorithm, publicKey, Buffer.from(input), signature.value)) {
    return err({ because: "signer", detail: `the signature does not verify with the public key of "${kid}"` });
  }
  return ok(`${input}.${Buffer.from(signature.value).toString("base64url")}`);
}

function part(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function mistake(detail: string): Result<never, NotSigned> {
  return err({ because: "input", detail });
}
