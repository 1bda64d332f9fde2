import type { Digest } from "../../core/digest.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { BundleContents } from "./archive.ts";
import type { BundleRefusal } from "./bundle.ts";
import { type BundleKey, type Keyring, ownerOf } from "./keyring.ts";
import { refuse } from "./refuse.ts";
import { compareFiles, contentDigest, verifyToken } from "./signature.ts";
import { claimsOf, readSignatures } from "./signatures-file.ts";

/** When a signature is judged. */
export interface Moment {
  /** Unix milliseconds. */
  readonly now: number;
  /** Digests of bundles whose keys' validity was judged before; it is not judged again. Revocation is. */
  readonly activatedBefore?: ReadonlySet<Digest>;
}

/** One signature of a bundle, and whether it counts. */
export interface JudgedSignature {
  /** What the signature claims, where it does not count. */
  readonly kid: string | undefined;
  readonly algorithm: string | undefined;
  /** As the keyring names it. */
  readonly owner?: string;
  /** Why it does not count; absent where it does. */
  readonly refusal?: BundleRefusal;
}

export interface JudgedSignatures {
  /** Of the signed files; absent where the first signature does not hold. */
  readonly digest?: Digest;
  readonly threshold: number;
  /** Signatures that count, each by another key and another owner. */
  readonly counted: number;
  /** The first one first. */
  readonly signatures: readonly JudgedSignature[];
  /** Why they are not enough; absent where they are. */
  readonly refusal?: BundleRefusal;
}

interface Verified {
  readonly token: string;
  readonly signature: Result<{ readonly key: BundleKey; readonly digest: Digest }, BundleRefusal>;
}

/**
 * Judges every signature of a bundle. The first must verify over exactly the files that are there; a co-signature must be
 * over the same list: the same names, hashes and hash algorithms, in any order and beside any other claims. Fails only where
 * there is nothing to judge.
 */
export async function judgeSignatures(
  contents: BundleContents,
  keyring: Keyring,
  moment: Moment,
): Promise<Result<JudgedSignatures, BundleRefusal>> {
  const read = readSignatures(contents);
  if (!read.ok) return read;
  const first: Verified = { token: read.value.first, signature: await verifyFirst(read.value.first, contents, keyring) };
  const others = await Promise.all(
    read.value.cosignatures.map(async (token): Promise<Verified> => ({ token, signature: await verifyFurther(token, first, keyring) })),
  );
  const signatures = count([first, ...others], keyring, moment);
  const counted = signatures.filter((one) => one.refusal === undefined).length;
  const refusal = verdict(first, signatures, counted, keyring.threshold);
  return ok({
    threshold: keyring.threshold,
    counted,
    signatures,
    ...(first.signature.ok && { digest: first.signature.value.digest }),
    ...(refusal !== undefined && { refusal }),
  });
}

async function verifyFirst(token: string, contents: BundleContents, keyring: Keyring): Promise<Verified["signature"]> {
  const signature = await verifyToken(token, keyring);
  if (!signature.ok) return signature;
  const files = compareFiles(contents, signature.value.files);
  return files.ok ? ok({ key: signature.value.key, digest: contentDigest(files.value) }) : files;
}

async function verifyFurther(token: string, first: Verified, keyring: Keyring): Promise<Verified["signature"]> {
  const signature = await verifyToken(token, keyring);
  if (!signature.ok) return signature;
  if (!first.signature.ok) return refuse("bundle.bad_signature", "found a co-signature of a first signature that does not hold");
  const { key, files } = signature.value;
  const digest = contentDigest(files);
  if (digest === first.signature.value.digest) return ok({ key, digest });
  return refuse("bundle.bad_signature", `found a co-signature of the key "${key.kid}" over another list of files`);
}

/** Each key and each owner counts once, by the first signature of theirs that could count. */
function count(all: readonly Verified[], keyring: Keyring, moment: Moment): readonly JudgedSignature[] {
  const keys = new Set<string>();
  const owners = new Set<string>();
  return all.map(({ token, signature }): JudgedSignature => {
    if (!signature.ok) return { ...claimed(token, keyring), refusal: signature.error };
    const { key, digest } = signature.value;
    const shown = { kid: key.kid, algorithm: key.algorithm, ...(key.owner !== undefined && { owner: key.owner }) };
    const usable = checkKey(key, moment.now, moment.activatedBefore?.has(digest) === true);
    if (!usable.ok) return { ...shown, refusal: usable.error };
    const again = keys.has(key.kid)
      ? `found another signature of the key "${key.kid}", which counts once`
      : owners.has(ownerOf(key))
        ? `found another signature of the owner "${key.owner ?? key.kid}", who counts once`
        : undefined;
    if (again !== undefined) return { ...shown, refusal: { code: "bundle.too_few_signatures", detail: again } };
    keys.add(key.kid);
    owners.add(ownerOf(key));
    return shown;
  });
}

/** For showing only: nothing of this is verified. An owner is named only for a key that the keyring holds. */
function claimed(token: string, keyring: Keyring): Pick<JudgedSignature, "kid" | "algorithm" | "owner"> {
  const claims = claimsOf(token);
  const owner = claims?.kid === undefined ? undefined : keyring.keys.get(claims.kid)?.owner;
  return { kid: claims?.kid, algorithm: claims?.alg, ...(owner !== undefined && { owner }) };
}

function verdict(first: Verified, signatures: readonly JudgedSignature[], counted: number, threshold: number): BundleRefusal | undefined {
  if (!first.signature.ok) return first.signature.error;
  if (counted >= threshold) return undefined;
  if (threshold === 1 && signatures[0]?.refusal !== undefined) return signatures[0].refusal;
  const others = signatures.flatMap(({ refusal }) => (refusal === undefined ? [] : [refusal.detail]));
  const found = `found ${counted} of the ${threshold} signatures by distinct owners that the keyring wants`;
  const again = signatures.some(({ refusal }) => refusal?.again);
  return { code: "bundle.too_few_signatures", detail: [found, ...others].join("; "), ...(again && { again }) };
}

function checkKey(key: BundleKey, now: number, known: boolean): Result<void, BundleRefusal> {
  const unusable = (state: string, rest: Pick<BundleRefusal, "again"> = {}) =>
    err({ code: "bundle.unknown_key" as const, detail: `found a signature of the key "${key.kid}", which ${state}`, ...rest });
  if (key.revoked) return unusable("is revoked");
  if (known) return ok(undefined);
  if (key.notBefore !== undefined && now < key.notBefore)
    return unusable(`is valid from ${new Date(key.notBefore).toISOString()}`, { again: true });
  if (key.notAfter !== undefined && now >= key.notAfter) return unusable(`was valid until ${new Date(key.notAfter).toISOString()}`);
  return ok(undefined);
}
