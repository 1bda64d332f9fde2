import { err, ok, type Result } from "../../core/result.ts";
import type { AuthRefusal } from "./identity.ts";

export type Claims = Readonly<Record<string, unknown>>;

/** A token whose form is right. Nothing in it is to be believed before its signature was checked. */
export interface CompactToken {
  readonly text: string;
  readonly algorithm: string;
  readonly type: string;
  readonly kid?: string;
  readonly issuer: string;
  readonly claims: Claims;
}

const LARGEST_TOKEN = 16_384;
/** Three parts of base64url without padding (RFC 7515, section 7.1). Linear: no part can match the dot. */
const COMPACT = /^bearer ([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)$/i;
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Reads the value of an `Authorization` header (RFC 6750, section 2.1). The details never hold any part of the token. */
export function readCompactToken(authorization: string): Result<CompactToken, AuthRefusal> {
  if (!/^bearer /i.test(authorization)) {
    return err({ code: "auth.missing", detail: "found another authorization scheme; wanted Bearer" });
  }
  if (authorization.length > LARGEST_TOKEN) {
    return malformed(`found "${authorization.length}" characters; wanted at most ${LARGEST_TOKEN}`);
  }
  const parts = COMPACT.exec(authorization);
  if (parts === null) return malformed("found another form; wanted three parts of base64url with dots between them");
  const header = readObject(parts[1]);
  if (header === undefined) return malformed("the header is not a JSON object");
  const claims = readObject(parts[2]);
  if (claims === undefined) return malformed("the payload is not a JSON object");
  return readHeader(authorization.slice("bearer ".length), header, claims);
}

function readHeader(text: string, header: Claims, claims: Claims): Result<CompactToken, AuthRefusal> {
  const { alg, kid, typ, crit } = header;
  if (typeof alg !== "string") return malformed("the header names no algorithm");
  if (kid !== undefined && typeof kid !== "string") return malformed("the key id of the header is not a string");
  if (typ !== undefined && typeof typ !== "string") return malformed("the type of the header is not a string");
  // An extension that changes what the bytes mean (b64, for one) must not pass somebody who does not know it.
  if (crit !== undefined) return malformed("the header asks for extensions; none is supported");
  if (typeof claims.iss !== "string") return err({ code: "auth.unknown_issuer", detail: "the token names no issuer" });
  const token = { text, algorithm: alg, type: typ ?? "", issuer: claims.iss, claims };
  return ok(kid === undefined ? token : { ...token, kid });
}

/** A JSON object from base64url; `undefined` for bytes that are not UTF-8, text that is not JSON, and any other value. */
function readObject(part: string | undefined): Claims | undefined {
  if (part === undefined || part.length % 4 === 1) return undefined;
  try {
    const value: unknown = JSON.parse(strictUtf8.decode(Buffer.from(part, "base64url")));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Claims {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function malformed(detail: string): { readonly ok: false; readonly error: AuthRefusal } {
  return err({ code: "auth.malformed", detail });
}
