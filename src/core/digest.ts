import { hash } from "node:crypto";

/** `sha256:` and 64 hex digits. */
export type Digest = `sha256:${string}`;

/** SHA-256 of the bytes, or of the UTF-8 form of the text. */
export function sha256(data: string | Uint8Array): Digest {
  return `sha256:${hash("sha256", data, "hex")}`;
}

/** SHA-256 as 64 hex digits, without the algorithm's name. */
export function sha256Hex(data: string | Uint8Array): string {
  return hash("sha256", data, "hex");
}
