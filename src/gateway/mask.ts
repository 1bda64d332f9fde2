import { createHmac } from "node:crypto";
import type { MaskPath } from "../core/decision.ts";
import { edit, parsePointer } from "./pointer.ts";

/** Takes out of a record what the bundle's mask names. */
export interface Masker {
  /** The input text with every named leaf replaced by a keyed digest, so that equal values can still be matched. */
  mask(inputText: string, paths: readonly MaskPath[]): string;
  /** The keyed digest of one value, for redactions of mode `hash`. */
  hash(value: unknown): string;
}

const DIGEST_CHARACTERS = 32;

/** `key` stays in the data directory of this gateway and leaves it never. */
export function keyedMasker(key: Uint8Array): Masker {
  const hash = (value: unknown) =>
    `hmac-sha256:${createHmac("sha256", key).update(JSON.stringify(value)).digest("hex").slice(0, DIGEST_CHARACTERS)}`;
  return {
    hash,
    mask(inputText, paths) {
      if (paths.includes("")) return JSON.stringify({ masked: [""] });
      const document: { value: unknown } = { value: JSON.parse(inputText) };
      const masked: string[] = [];
      for (const path of paths) {
        const pointer = parsePointer(path);
        // A mask that cannot be read hides everything: a record must not show what somebody wanted hidden.
        if (!pointer) return JSON.stringify({ masked: [""] });
        if (edit(document, ["value", ...pointer], (value) => ({ keep: hash(value) })) > 0) masked.push(path);
      }
      const text = JSON.stringify(document.value);
      return masked.length === 0 ? text : `${text.slice(0, -1)},"masked":${JSON.stringify(masked)}}`;
    },
  };
}
