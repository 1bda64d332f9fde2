import { createPublicKey, type KeyObject } from "node:crypto";
import { err, ok, type Result } from "../../core/result.ts";
import type { SignatureAlgorithm } from "../../parts/bundle/index.ts";
import { privateKeyOf } from "./keys.ts";
import { signRaw } from "./raw-signature.ts";

/** Why nothing was signed. */
export interface NotSigned {
  /** `input`: what was given is wrong. `signer`: what signs cannot be run, fails, or answers something else than a signature. */
  readonly because: "input" | "signer";
  readonly detail: string;
}

/** Who signs: a private key here, or a program that asks one elsewhere. */
export interface Signer {
  readonly kid: string;
  readonly algorithm: SignatureAlgorithm;
  /** What every signature is verified with before it is written. */
  readonly publicKey: KeyObject;
  /** The signature of these bytes, as JOSE writes it. */
  sign(input: Uint8Array): Promise<Result<Uint8Array, NotSigned>>;
}

export interface SigningKey {
  /** PEM, PKCS #8. */
  readonly privateKey: string;
  readonly kid: string;
  readonly algorithm: SignatureAlgorithm;
}

export function localSigner({ privateKey, kid, algorithm }: SigningKey): Result<Signer, string> {
  const secret = privateKeyOf(privateKey, algorithm);
  if (!secret.ok) return secret;
  if (kid === "") return err("found an empty key id");
  const publicKey = createPublicKey(secret.value);
  return ok({ kid, algorithm, publicKey, sign: async (input) => ok(signRaw(algorithm, secret.value, input)) });
}
