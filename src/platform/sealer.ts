import { createCipheriv, createDecipheriv, type KeyObject, randomBytes } from "node:crypto";
import { err, ok } from "../core/result.ts";

/** Why a sealed text cannot be opened. */
export type SealFault = "forged" | "expired";

/**
 * Hands values out to clients that must bring them back unread and unchanged (AES-256-GCM). The purpose is part of the
 * seal: what was sealed as a task id opens as nothing else. Every replica of a gateway has the same keys.
 */
export interface Sealer {
  /** Text of letters, digits, `-`, `_` and `.`; `expiresAt` is Unix milliseconds. */
  seal(purpose: string, value: object, expiresAt: number): string;
  /** The value, if this gateway sealed it for this purpose and it has not expired. */
  open(
    purpose: string,
    text: string,
    now: number,
  ): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: SealFault };
}

const VERSION = "s1.";
const form = /^s1\.[A-Za-z0-9_-]+$/;
const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const forged = err<SealFault>("forged");
const expired = err<SealFault>("expired");

/**
 * Seals with the first key and opens with every one, so that a key can be replaced: the new one is put first, the old one
 * is left out when what it sealed has expired. Without any key sealing throws, and nothing opens.
 */
export function aeadSealer(keys: () => readonly KeyObject[]): Sealer {
  return {
    seal(purpose, value, expiresAt) {
      const key = keys()[0];
      if (key === undefined) throw new Error("there is no key to seal with");
      // NaN and Infinity would be null in JSON, and never expire.
      if (!Number.isSafeInteger(expiresAt)) throw new Error(`wanted Unix milliseconds, found "${expiresAt}"`);
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(aad(purpose));
      const sealed = [nonce, cipher.update(JSON.stringify({ exp: expiresAt, v: value }), "utf8"), cipher.final(), cipher.getAuthTag()];
      return VERSION + Buffer.concat(sealed).toString("base64url");
    },
    open(purpose, text, now) {
      const bytes = bytesOf(text);
      if (bytes === undefined) return forged;
      for (const key of keys()) {
        const opened = decrypted(key, aad(purpose), bytes);
        if (opened === undefined) continue;
        const { exp, v } = JSON.parse(opened) as { readonly exp: number; readonly v: unknown };
        return now < exp ? ok(v) : expired;
      }
      return forged;
    },
  };
}

/** The version too, so that what a later version seals under the same key opens in no other. */
function aad(purpose: string): Buffer {
  return Buffer.from(`${VERSION}${purpose}`, "utf8");
}

function bytesOf(text: string): Buffer | undefined {
  if (!form.test(text)) return undefined;
  const bytes = Buffer.from(text.slice(VERSION.length), "base64url");
  // The last letter of base64 has bits to spare: one value must not have several texts, or a used one could come again.
  if (bytes.byteLength < NONCE_BYTES + TAG_BYTES || bytes.toString("base64url") !== text.slice(VERSION.length)) return undefined;
  return bytes;
}

function decrypted(key: KeyObject, about: Buffer, bytes: Buffer): string | undefined {
  const end = bytes.byteLength - TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(about).setAuthTag(bytes.subarray(end));
  try {
    const opened = decipher.update(bytes.subarray(NONCE_BYTES, end));
    return Buffer.concat([opened, decipher.final()]).toString("utf8");
  } catch {
    return undefined;
  }
}
