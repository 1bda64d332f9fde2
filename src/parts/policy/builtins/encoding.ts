import { isUtf8 } from "node:buffer";
import { createHmac, hash, timingSafeEqual } from "node:crypto";
import { type Builtin, BuiltinError, elementsOf, entriesOf, stringOf } from "./builtin.ts";
import { compareText, type Value } from "./value.ts";

const digestOf =
  (algorithm: "md5" | "sha1" | "sha256"): Builtin =>
  (_, value) =>
    hash(algorithm, stringOf(value), "hex");

const hmacOf =
  (algorithm: "md5" | "sha1" | "sha256" | "sha512"): Builtin =>
  (_, message, key) =>
    createHmac(algorithm, stringOf(key)).update(stringOf(message)).digest("hex");

const hmacEqual: Builtin = (_, first, second) => {
  const a = Buffer.from(stringOf(first));
  const b = Buffer.from(stringOf(second));
  return a.length === b.length && timingSafeEqual(a, b);
};

/** Bytes that are no UTF-8 have no place in a Rego string. */
function textOf(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new BuiltinError("the bytes are not UTF-8");
  return bytes.toString();
}

const hexDecode: Builtin = (_, value) => {
  const text = stringOf(value);
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(text)) throw new BuiltinError("hex.decode: not hexadecimal");
  return textOf(Buffer.from(text, "hex"));
};

const hexEncode: Builtin = (_, value) => Buffer.from(stringOf(value)).toString("hex");

/** Go's `url.QueryEscape`: a space becomes +, and only A-Z a-z 0-9 - _ . ~ stay. */
function queryEscape(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll("%20", "+");
}

function queryUnescape(text: string): string {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) throw new BuiltinError("urlquery.decode: invalid escape");
  const bytes = text.replaceAll("+", " ").replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => textOf(Buffer.from(run.replaceAll("%", ""), "hex")));
  return bytes;
}

const queryEncodeObject: Builtin = (_, value) => {
  const pairs = entriesOf(value).map(([key, member]) => {
    const values = typeof member === "string" ? [member] : elementsOf(member).map(stringOf);
    return [stringOf(key), values] as const;
  });
  return pairs
    .toSorted((a, b) => compareText(a[0], b[0]))
    .flatMap(([key, values]) => values.map((text) => `${queryEscape(key)}=${queryEscape(text)}`))
    .join("&");
};

const queryDecodeObject: Builtin = (_, value) => {
  const found = new Map<string, string[]>();
  for (const pair of stringOf(value).split("&")) {
    if (pair === "") continue;
    if (pair.includes(";")) throw new BuiltinError("urlquery.decode_object: invalid separator");
    const [key = "", ...rest] = pair.split("=");
    const name = queryUnescape(key);
    found.set(name, [...(found.get(name) ?? []), queryUnescape(rest.join("="))]);
  }
  return { entries: [...found].map(([key, values]): readonly [Value, Value] => [key, values]) };
};

export const encodingBuiltins = {
  "crypto.md5": digestOf("md5"),
  "crypto.sha1": digestOf("sha1"),
  "crypto.sha256": digestOf("sha256"),
  "crypto.hmac.md5": hmacOf("md5"),
  "crypto.hmac.sha1": hmacOf("sha1"),
  "crypto.hmac.sha256": hmacOf("sha256"),
  "crypto.hmac.sha512": hmacOf("sha512"),
  "crypto.hmac.equal": hmacEqual,
  "hex.encode": hexEncode,
  "hex.decode": hexDecode,
  "base64url.encode_no_pad": (_, value) => Buffer.from(stringOf(value)).toString("base64url"),
  "urlquery.encode": (_, value) => queryEscape(stringOf(value)),
  "urlquery.decode": (_, value) => queryUnescape(stringOf(value)),
  "urlquery.encode_object": queryEncodeObject,
  "urlquery.decode_object": queryDecodeObject,
} satisfies Record<string, Builtin>;
