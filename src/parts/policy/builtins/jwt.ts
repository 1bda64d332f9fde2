import { isUtf8 } from "node:buffer";
import { constants, createHmac, type KeyObject, timingSafeEqual, verify } from "node:crypto";
import { type Builtin, BuiltinError, stringOf } from "./builtin.ts";
import { jsonObject, keysOf } from "./jwt-keys.ts";
import type { Value } from "./value.ts";

/** The three parts of a token, still in base64. */
interface Token {
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
}

/** Deeper tokens inside tokens have no use, and each level is read once more. */
const DEEPEST = 4;

function tokenOf(value: Value | undefined): Token {
  const parts = stringOf(value).split(".");
  const [header = "", payload = "", signature = ""] = parts;
  if (parts.length !== 3) throw new BuiltinError("io.jwt: a token has three parts");
  return { header, payload, signature };
}

/** Go's reader of base64url as OPA uses it: the padding may be left out, line ends are passed over. */
function base64url(text: string): Buffer {
  const padded = text.endsWith("=") ? text : text + ["", undefined, "==", "="][Buffer.byteLength(text) % 4];
  const plain = padded.replace(/[\r\n]/g, "");
  if (!/^(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-]{2}==|[A-Za-z0-9_-]{3}=)?$/.test(plain)) throw new BuiltinError("io.jwt: invalid base64");
  return Buffer.from(plain, "base64url");
}

function textOf(part: string): string {
  const bytes = base64url(part);
  if (!isUtf8(bytes)) throw new BuiltinError("io.jwt: the bytes are not UTF-8");
  return bytes.toString();
}

type Members = readonly (readonly [Value, Value])[];

const member = (members: Members, name: string): Value | undefined => members.find(([key]) => key === name)?.[1];

function headerOf(token: Token): Members {
  const header = jsonObject(textOf(token.header));
  if (member(header, "enc") !== undefined) throw new BuiltinError("io.jwt: an encrypted token");
  return header;
}

function decoded(value: Value | undefined, depth: number): Value {
  if (depth > DEEPEST) throw new BuiltinError("io.jwt.decode: too many tokens inside tokens");
  const token = tokenOf(value);
  const header = headerOf(token);
  const kind = member(header, "cty");
  if (kind !== undefined && typeof kind !== "string") throw new BuiltinError("io.jwt.decode: cty is not a string");
  const payload = textOf(token.payload);
  if (kind === "JWT") return decoded(payload.replace(/^["']+|["']+$/g, ""), depth + 1);
  const claims = jsonObject(payload);
  return [{ entries: header }, { entries: claims }, base64url(token.signature).toString("hex")];
}

const decode: Builtin = (_, value) => decoded(value, 0);

type Digest = "sha256" | "sha384" | "sha512";

const verifyShared =
  (digest: Digest): Builtin =>
  (_, value, secret) => {
    const token = tokenOf(value);
    const mac = createHmac(digest, stringOf(secret)).update(`${token.header}.${token.payload}`).digest();
    const signature = base64url(token.signature);
    return signature.length === mac.length && timingSafeEqual(signature, mac);
  };

type Check = (key: KeyObject, signed: Buffer, signature: Buffer) => boolean;

/** Fields of the header that must be of one type where they are there. */
const stringFields = ["alg", "kid", "typ", "cty"] as const;

function checkedHeader(token: Token): { readonly alg: string; readonly kid: string } {
  const header = headerOf(token);
  const [alg = "", kid = ""] = stringFields.map((name) => {
    const found = member(header, name);
    if (found !== undefined && typeof found !== "string") throw new BuiltinError(`io.jwt: ${name} is not a string`);
    return found ?? "";
  });
  const crit = member(header, "crit");
  if (crit !== undefined && !(Array.isArray(crit) && typeof crit[0] === "string")) throw new BuiltinError("io.jwt: crit is not a list");
  return { alg, kid };
}

const verifyWith =
  (check: Check): Builtin =>
  (_, value, keyText) => {
    const token = tokenOf(value);
    const keys = keysOf(stringOf(keyText));
    const signature = base64url(token.signature);
    const { alg, kid } = checkedHeader(token);
    const signed = Buffer.from(`${token.header}.${token.payload}`);
    const named = kid === "" ? undefined : keys.find((key) => key.kid === kid);
    if (named !== undefined) return check(named.key, signed, signature);
    return keys.some((key) => (key.alg === "" || key.alg === alg) && check(key.key, signed, signature));
  };

const rsa =
  (digest: Digest): Check =>
  (key, signed, signature) =>
    key.asymmetricKeyType === "rsa" && verify(digest, signed, { key, padding: constants.RSA_PKCS1_PADDING }, signature);

const pss =
  (digest: Digest): Check =>
  (key, signed, signature) =>
    key.asymmetricKeyType === "rsa" &&
    verify(digest, signed, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO }, signature);

/** OPA does not bind the curve to the digest. */
const ecdsa =
  (digest: Digest): Check =>
  (key, signed, signature) => {
    if (key.asymmetricKeyType !== "ec") return false;
    const size = coordinateBytes[key.asymmetricKeyDetails?.namedCurve ?? ""];
    if (size === undefined) throw new BuiltinError("io.jwt: the curve is not supported");
    // Go takes halves of any length as numbers; only what has the length of the curve is a signature of JOSE.
    return signature.length === 2 * size && verify(digest, signed, { key, dsaEncoding: "ieee-p1363" }, signature);
  };

const coordinateBytes: Readonly<Record<string, number>> = { prime256v1: 32, secp384r1: 48, secp521r1: 66 };

const eddsa: Check = (key, signed, signature) => key.asymmetricKeyType === "ed25519" && verify(null, signed, key, signature);

export const jwtBuiltins = {
  "io.jwt.decode": decode,
  "io.jwt.verify_hs256": verifyShared("sha256"),
  "io.jwt.verify_hs384": verifyShared("sha384"),
  "io.jwt.verify_hs512": verifyShared("sha512"),
  "io.jwt.verify_rs256": verifyWith(rsa("sha256")),
  "io.jwt.verify_rs384": verifyWith(rsa("sha384")),
  "io.jwt.verify_rs512": verifyWith(rsa("sha512")),
  "io.jwt.verify_ps256": verifyWith(pss("sha256")),
  "io.jwt.verify_ps384": verifyWith(pss("sha384")),
  "io.jwt.verify_ps512": verifyWith(pss("sha512")),
  "io.jwt.verify_es256": verifyWith(ecdsa("sha256")),
  "io.jwt.verify_es384": verifyWith(ecdsa("sha384")),
  "io.jwt.verify_es512": verifyWith(ecdsa("sha512")),
  "io.jwt.verify_eddsa": verifyWith(eddsa),
} satisfies Record<string, Builtin>;
