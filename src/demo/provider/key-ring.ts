import { generateKeyPairSync, type JsonWebKey, randomUUID } from "node:crypto";

export type SigningAlgorithm = "RS256" | "ES256";

export interface SigningKey extends JsonWebKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly use: "sig";
}

/** A new private key, which lives in memory only. */
export function newSigningKey(alg: SigningAlgorithm): SigningKey {
  const { privateKey } =
    alg === "ES256" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), kid: randomUUID(), alg, use: "sig" };
}
