import { constants, type KeyObject, sign, verify } from "node:crypto";
import type { SignatureAlgorithm } from "../../parts/bundle/index.ts";

// Signatures as JOSE writes them (RFC 7518, RFC 8037): R and S side by side for ECDSA, a salt as long as the hash for PSS.

/** The hash below a signature; undefined for EdDSA, which hashes by itself. */
export function hashOf(algorithm: SignatureAlgorithm): "sha256" | "sha384" | "sha512" | undefined {
  if (algorithm === "EdDSA") return undefined;
  return `sha${algorithm.slice(2) as "256" | "384" | "512"}`;
}

export function signRaw(algorithm: SignatureAlgorithm, privateKey: KeyObject, input: Uint8Array): Uint8Array {
  return sign(hashOf(algorithm), input, { key: privateKey, ...parameters(algorithm) });
}

export function verifyRaw(algorithm: SignatureAlgorithm, publicKey: KeyObject, input: Uint8Array, signature: Uint8Array): boolean {
  return verify(hashOf(algorithm), input, { key: publicKey, ...parameters(algorithm) }, signature);
}

/** Bytes of a signature by this key. */
export function lengthOf(algorithm: SignatureAlgorithm, publicKey: KeyObject): number {
  if (algorithm === "ES384") return 96;
  if (algorithm === "ES256" || algorithm === "EdDSA") return 64;
  return Math.ceil((publicKey.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
}

function parameters(algorithm: SignatureAlgorithm) {
  if (algorithm.startsWith("ES")) return { dsaEncoding: "ieee-p1363" } as const;
  if (!algorithm.startsWith("PS")) return {};
  return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
}

const SEQUENCE = 0x30;
const INTEGER = 0x02;

/**
 * R and S side by side, from the DER of `SEQUENCE { INTEGER r, INTEGER s }` that key services answer with; undefined for
 * anything else. `size` is that of one number. Strict: one encoding for each pair (X.690 section 8.3), nothing after it.
 */
export function ecdsaFromDer(der: Uint8Array, size: number): Uint8Array | undefined {
  // Two numbers of at most 48 bytes: every length fits into one byte.
  if (der[0] !== SEQUENCE || der[1] !== der.length - 2) return undefined;
  const r = integerAt(der, 2, size);
  const s = r && integerAt(der, r.end, size);
  if (r === undefined || s === undefined || s.end !== der.length) return undefined;
  const joined = new Uint8Array(2 * size);
  joined.set(r.bytes, size - r.bytes.length);
  joined.set(s.bytes, 2 * size - s.bytes.length);
  return joined;
}

function integerAt(der: Uint8Array, at: number, size: number): { readonly bytes: Uint8Array; readonly end: number } | undefined {
  const length = der[at + 1];
  if (der[at] !== INTEGER || length === undefined || length === 0 || length > size + 1) return undefined;
  const end = at + 2 + length;
  const bytes = der.subarray(at + 2, end);
  if (bytes.length !== length) return undefined;
  const [head = 0, next = 0] = bytes;
  if (head > 0x7f) return undefined; // negative
  if (head !== 0) return length <= size ? { bytes, end } : undefined;
  // A zero in front is there only to keep the number positive, and zero itself is no part of a signature.
  return length > 1 && next > 0x7f ? { bytes: bytes.subarray(1), end } : undefined;
}
