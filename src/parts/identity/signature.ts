import { type CryptoKey, compactVerify, errors } from "jose";
import type { CompactToken } from "./compact-token.ts";
import type { KeySet } from "./issuer-keys.ts";

const MOST_CANDIDATES = 16;

/** `no_key`: the issuer has no key for this header, so newer keys may help. `bad`: they will not. */
export type Signature = "good" | "bad" | "no_key";

/** Checks the signature with the issuer's keys. Whatever goes wrong is not good. */
export async function checkSignature(token: CompactToken, keys: KeySet): Promise<Signature> {
  const header = token.kid === undefined ? { alg: token.algorithm } : { alg: token.algorithm, kid: token.kid };
  try {
    return await verifiesWith(token, await keys.find(header));
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey) return "no_key";
    if (error instanceof errors.JWKSMultipleMatchingKeys) return anyVerifies(token, error);
    return "bad";
  }
}

async function verifiesWith(token: CompactToken, key: CryptoKey): Promise<Signature> {
  try {
    await compactVerify(token.text, key, { algorithms: [token.algorithm] });
    return "good";
  } catch {
    return "bad";
  }
}

/** A token without a key id, at an issuer with several keys of that algorithm. */
async function anyVerifies(token: CompactToken, keys: AsyncIterable<CryptoKey>): Promise<Signature> {
  let tried = 0;
  for await (const key of keys) {
    if ((await verifiesWith(token, key)) === "good") return "good";
    if (++tried >= MOST_CANDIDATES) break;
  }
  return "bad";
}
