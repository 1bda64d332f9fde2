import { createPublicKey, type JsonWebKey, type KeyObject, X509Certificate } from "node:crypto";
import { BuiltinError } from "./builtin.ts";
import { isArray, isObject, parseValue, type Value } from "./value.ts";

/** A key that a token may be signed with, and what a key set says about it. */
export interface VerificationKey {
  readonly key: KeyObject;
  /** Empty where nothing is said. */
  readonly alg: string;
  readonly kid: string;
}

const LONGEST = 65_536;
const MOST_KEYS = 32;
const kept = new Map<string, readonly VerificationKey[]>();
const SETS_KEPT = 32;

/** The keys of a PEM certificate, a PEM public key, a JWK or a set of them. */
export function keysOf(text: string): readonly VerificationKey[] {
  const known = kept.get(text);
  if (known !== undefined) return known;
  if (text.length > LONGEST) throw new BuiltinError("io.jwt: the key is too long");
  const pemAt = text.search(/^-----BEGIN /m);
  const made = pemAt < 0 ? jwkKeys(text) : [pemKey(text.slice(pemAt))];
  if (kept.size >= SETS_KEPT) kept.clear();
  kept.set(text, made);
  return made;
}

const certificate = /^-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\s]+\n-----END CERTIFICATE-----\n?$/;
const publicKey = /^-----BEGIN PUBLIC KEY-----\n[A-Za-z0-9+/=\s]+\n-----END PUBLIC KEY-----\n?$/;

/** Exactly one block: OPA refuses what stands behind it. */
function pemKey(text: string): VerificationKey {
  const plain = text.replaceAll("\r\n", "\n");
  return attempt(() => {
    if (certificate.test(plain)) return { key: new X509Certificate(plain).publicKey, alg: "", kid: "" };
    if (publicKey.test(plain)) return { key: createPublicKey(plain), alg: "", kid: "" };
    throw new BuiltinError("io.jwt: not a PEM certificate or public key");
  });
}

/** Algorithms that OPA knows; a key that names another one is passed over. */
const algorithms: ReadonlySet<string> = new Set([
  ...["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "HS256", "HS384", "HS512", "EdDSA"],
]);

function jwkKeys(text: string): readonly VerificationKey[] {
  const set = attempt(() => JSON.parse(text) as unknown);
  if (!isRecord(set)) throw new BuiltinError("io.jwt: not a key set");
  const members = set.keys === undefined ? [set] : set.keys;
  if (!Array.isArray(members) || members.length > MOST_KEYS) throw new BuiltinError("io.jwt: not a key set, or one of too many keys");
  return members.flatMap(jwkKey);
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function jwkKey(member: unknown): readonly VerificationKey[] {
  if (!isRecord(member)) throw new BuiltinError("io.jwt: not a key");
  const { kty, alg = "", kid = "", ...rest } = member;
  if (typeof kty !== "string" || typeof alg !== "string" || typeof kid !== "string") throw new BuiltinError("io.jwt: not a key");
  // A private or a shared key has no place in a policy: every reader of the bundle could sign with it.
  if ("d" in rest || kty === "oct") throw new BuiltinError("io.jwt: the key is not a public one");
  if (alg !== "" && !algorithms.has(alg)) return [];
  return [{ key: attempt(() => createPublicKey({ key: { kty, ...rest } as JsonWebKey, format: "jwk" })), alg, kid }];
}

function attempt<T>(read: () => T): T {
  try {
    return read();
  } catch {
    throw new BuiltinError("io.jwt: the key cannot be read");
  }
}

/** A JSON object of a token, numbers as they are written; the last of two equal keys counts. */
export function jsonObject(text: string): readonly (readonly [Value, Value])[] {
  attempt(() => JSON.parse(text) as unknown);
  const value = withLastKeys(parseValue(compact(text)));
  if (value === null || !isObject(value)) throw new BuiltinError("io.jwt: not a JSON object");
  return value.entries;
}

/** The reader of values takes no line breaks between them. */
const compact = (text: string): string => text.replace(/"(?:[^"\\]|\\.)*"|\s+/g, (found) => (found.startsWith('"') ? found : ""));

function withLastKeys(value: Value): Value {
  if (value === null || typeof value !== "object") return value;
  if (isArray(value)) return value.map(withLastKeys);
  if (!isObject(value)) return value;
  return { entries: [...new Map(value.entries.map(([key, member]) => [key, withLastKeys(member)]))] };
}
