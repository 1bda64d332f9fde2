import { createPublicKey, type KeyObject } from "node:crypto";
import { z } from "zod";
import type { Mistake } from "../../core/mistakes.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { mistakesOf } from "../../core/schema-mistakes.ts";
import { parseYaml } from "../../core/yaml-text.ts";

/** Signature algorithms of bundles. Asymmetric only: with HMAC whoever can verify can also sign. */
export const signatureAlgorithms = ["ES256", "ES384", "EdDSA", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"] as const;
export type SignatureAlgorithm = (typeof signatureAlgorithms)[number];

/** Who may sign bundles. */
export interface BundleKey {
  readonly kid: string;
  readonly algorithm: SignatureAlgorithm;
  readonly publicKey: KeyObject;
  readonly owner?: string;
  /** Unix milliseconds, judged when a bundle is activated for the first time. */
  readonly notBefore?: number;
  readonly notAfter?: number;
  /** Judged always: a revoked key ends bundles that are active already. */
  readonly revoked: boolean;
}

export interface Keyring {
  /** By key id. */
  readonly keys: ReadonlyMap<string, BundleKey>;
  /** How many signatures by distinct owners a bundle needs. */
  readonly threshold: number;
}

/** Signatures that a bundle may carry: each costs a verification before anything in it is believed. */
export const maxSignatures = 16;

/**
 * Whose signature it is. A key without an owner stands for itself; "Ann" and "ann ", and names that look alike because a sign in
 * one of them is seen by nobody, are one owner, so that a slip of the pen never makes two people of one.
 */
export function ownerOf({ kid, owner }: Pick<BundleKey, "kid" | "owner">): string {
  return (owner ?? kid)
    .normalize("NFKC")
    .replace(/\p{Default_Ignorable_Code_Point}/gu, "")
    .replace(/\s+/g, " ")
    .trim()
    .toLowerCase();
}

const instant = z.iso
  .datetime({ offset: true })
  .transform((text) => Date.parse(text))
  .describe('a time as RFC 3339 writes it, e.g. "2027-01-31T00:00:00Z"');

const keySchema = z.strictObject({
  algorithm: z.enum(signatureAlgorithms),
  public_key: z.string().describe("a public key in PEM"),
  owner: z.string().min(1).optional(),
  not_before: instant.optional(),
  not_after: instant.optional(),
  revoked: z.boolean().default(false),
});

const keyringSchema = z.strictObject({
  version: z.literal(1).describe("1, the version of the format"),
  threshold: z
    .int()
    .min(1)
    .max(maxSignatures)
    .default(1)
    .describe(`how many signatures by distinct owners a bundle needs, a whole number from 1 to ${maxSignatures}`),
  keys: z.record(
    z
      .string()
      .regex(/^[\x21-\x7e]{1,128}$/)
      .describe("a key id of 1 to 128 visible ASCII characters"),
    keySchema,
  ),
});

/** Reads a keyring file, YAML or JSON: `{version: 1, threshold: 1, keys: {<kid>: {algorithm, public_key, …}}}`. Returns all mistakes at once. */
export function readKeyring(text: string, file = "keyring"): Result<Keyring, readonly Mistake[]> {
  const yaml = parseYaml(file, text);
  if (!yaml.ok) return yaml;
  const { value, line } = yaml.value;
  const at = (steps: readonly PropertyKey[]) => {
    const found = line(steps);
    return found === undefined ? { file } : { file, line: found };
  };
  const parsed = keyringSchema.safeParse(value);
  if (!parsed.success) {
    return err(mistakesOf(keyringSchema, value, parsed.error.issues).map(({ steps, ...told }) => ({ ...told, ...at(steps) })));
  }
  const mistakes: Mistake[] = [];
  const keys = new Map<string, BundleKey>();
  const prints = new Map<string, string>();
  for (const [kid, entry] of Object.entries(parsed.data.keys)) {
    const key = publicKeyOf(entry.public_key, entry.algorithm);
    const faults = key.ok ? faultsOf(kid, entry, key.value, prints) : [{ member: "public_key", ...key.error }];
    for (const { member, ...told } of faults) mistakes.push({ path: `keys.${kid}.${member}`, ...told, ...at(["keys", kid, member]) });
    if (key.ok) keys.set(kid, toKey(kid, entry, key.value));
  }
  const { threshold } = parsed.data;
  const reach = reachOf(parsed.data.keys);
  if (reach < threshold) mistakes.push({ path: "threshold", ...outOfReach(threshold, reach), ...at(["threshold"]) });
  return mistakes.length > 0 ? err(mistakes) : ok({ keys, threshold });
}

/**
 * How many owners the keys have. Revoked keys are among them on purpose: a revocation must never turn the keyring into one
 * that cannot be read, because gateways go on with the bundle they have while a keyring is broken.
 */
function reachOf(keys: Readonly<Record<string, KeyEntry>>): number {
  return new Set(Object.entries(keys).map(([kid, { owner }]) => ownerOf({ kid, ...(owner !== undefined && { owner }) }))).size;
}

function outOfReach(threshold: number, reach: number): Pick<Mistake, "found" | "wanted"> {
  return {
    found: `a threshold of ${threshold}, with keys of ${reach} ${reach === 1 ? "owner" : "owners"}`,
    wanted: "at most as many signatures as there are distinct owners, or no bundle ever counts",
  };
}

type KeyEntry = z.infer<typeof keySchema>;

function faultsOf(
  kid: string,
  entry: KeyEntry,
  key: KeyObject,
  prints: Map<string, string>,
): readonly (KeyFault & { readonly member: string })[] {
  const faults: (KeyFault & { readonly member: string })[] = [];
  // The same key under two ids would survive the revocation of one of them, and count twice where two owners are wanted.
  const print = printOf(key);
  const twin = prints.get(print);
  if (twin !== undefined) faults.push({ member: "public_key", found: `the key of "${twin}" again`, wanted: "one id for each key" });
  prints.set(print, kid);
  if (entry.not_before !== undefined && entry.not_after !== undefined && entry.not_after <= entry.not_before) {
    faults.push({ member: "not_after", found: "a time that is not after not_before", wanted: "a period that is not empty" });
  }
  return faults;
}

/**
 * The same for every way to write a public key, and for all keys that who holds the private one can sign with: a point of a
 * curve may be written in two forms and has a mirror image with the same x, and a modulus serves any exponent.
 */
function printOf(key: KeyObject): string {
  const { kty, crv, x, n } = key.export({ format: "jwk" });
  return [kty, crv, x, n].join(" ");
}

function toKey(kid: string, entry: KeyEntry, publicKey: KeyObject): BundleKey {
  return {
    kid,
    algorithm: entry.algorithm,
    publicKey,
    revoked: entry.revoked,
    ...(entry.owner !== undefined && { owner: entry.owner }),
    ...(entry.not_before !== undefined && { notBefore: entry.not_before }),
    ...(entry.not_after !== undefined && { notAfter: entry.not_after }),
  };
}

interface KeyFault {
  readonly found: string;
  readonly wanted: string;
}

/** A public key in PEM that fits the algorithm. A private key is refused: it has no business in a file that is shared. */
function publicKeyOf(pem: string, algorithm: SignatureAlgorithm): Result<KeyObject, KeyFault> {
  const wanted = `a PEM public key for ${algorithm}: ${keyKind(algorithm)}`;
  if (pem.includes("PRIVATE KEY")) return err({ found: "a private key", wanted });
  if (!pem.includes("-----BEGIN PUBLIC KEY-----")) return err({ found: "no block BEGIN PUBLIC KEY", wanted });
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    return err({ found: "a PEM block that cannot be read", wanted });
  }
  return fits(key, algorithm) ? ok(key) : err({ found: describe(key), wanted });
}

/** Whether a key is of the algorithm's kind, and strong enough. */
export function fits(key: KeyObject, algorithm: SignatureAlgorithm): boolean {
  const details = key.asymmetricKeyDetails;
  if (algorithm === "EdDSA") return key.asymmetricKeyType === "ed25519";
  if (algorithm === "ES256") return key.asymmetricKeyType === "ec" && details?.namedCurve === "prime256v1";
  if (algorithm === "ES384") return key.asymmetricKeyType === "ec" && details?.namedCurve === "secp384r1";
  // With the exponent 1 a signature is the padded hash itself: everybody could sign.
  return key.asymmetricKeyType === "rsa" && (details?.modulusLength ?? 0) >= 2048 && (details?.publicExponent ?? 0n) > 1n;
}

function keyKind(algorithm: SignatureAlgorithm): string {
  if (algorithm === "EdDSA") return "Ed25519";
  if (algorithm === "ES256") return "P-256";
  return algorithm === "ES384" ? "P-384" : "RSA with at least 2048 bits";
}

function describe(key: KeyObject): string {
  const details = key.asymmetricKeyDetails;
  const exponent = details?.publicExponent === 1n ? " with the exponent 1" : "";
  const size = details?.namedCurve ?? (details?.modulusLength === undefined ? "" : `${details.modulusLength} bits${exponent}`);
  return `a key of kind ${key.asymmetricKeyType ?? "unknown"} ${size}`.trimEnd();
}
