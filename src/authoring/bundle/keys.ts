import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { err, ok, type Result } from "../../core/result.ts";
import { fits, type SignatureAlgorithm } from "../../parts/bundle/index.ts";

const RSA_BITS = 3072;

export interface KeyPair {
  /** PEM, SPKI. */
  readonly publicKey: string;
  /** PEM, PKCS #8. */
  readonly privateKey: string;
}

/** A new key pair. One for RS and PS algorithms is RSA with 3072 bits. */
export function generateKeyPair(algorithm: SignatureAlgorithm): KeyPair {
  const publicKeyEncoding = { type: "spki", format: "pem" } as const;
  const privateKeyEncoding = { type: "pkcs8", format: "pem" } as const;
  if (algorithm === "EdDSA") return generateKeyPairSync("ed25519", { publicKeyEncoding, privateKeyEncoding });
  if (algorithm === "ES256") return generateKeyPairSync("ec", { namedCurve: "P-256", publicKeyEncoding, privateKeyEncoding });
  if (algorithm === "ES384") return generateKeyPairSync("ec", { namedCurve: "P-384", publicKeyEncoding, privateKeyEncoding });
  return generateKeyPairSync("rsa", { modulusLength: RSA_BITS, publicKeyEncoding, privateKeyEncoding });
}

/** A private key in PEM that fits the algorithm. */
export function privateKeyOf(pem: string, algorithm: SignatureAlgorithm): Result<KeyObject, string> {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    return err("found no PEM private key that can be read without a passphrase");
  }
  return fitting(key, algorithm);
}

/** A public key in PEM that fits the algorithm. */
export function publicKeyOf(pem: string, algorithm: SignatureAlgorithm): Result<KeyObject, string> {
  if (pem.includes("PRIVATE KEY")) return err("found a private key; wanted the public one");
  let key: KeyObject;
  try {
    key = createPublicKey(pem);
  } catch {
    return err("found no PEM public key");
  }
  return fitting(key, algorithm);
}

/** Whether both are the same key. */
export function sameKey(a: KeyObject, b: KeyObject): boolean {
  const print = (key: KeyObject) => key.export({ type: "spki", format: "der" });
  return print(a).equals(print(b));
}

function fitting(key: KeyObject, algorithm: SignatureAlgorithm): Result<KeyObject, string> {
  return fits(key, algorithm) ? ok(key) : err(`found a key of kind "${key.asymmetricKeyType}", which does not fit ${algorithm}`);
}
