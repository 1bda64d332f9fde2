import { isUtf8 } from "node:buffer";
import { err, ok, type Result } from "../result.ts";
import type { JsonFault } from "./json.ts";

/** The text of bytes that are UTF-8 without a byte order mark (RFC 8259, section 8.1). Nothing is replaced or dropped. */
export function decodeUtf8(bytes: Uint8Array): Result<string, JsonFault> {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return err({ code: "json.bad_utf8", at: 0, detail: "found a byte order mark before the JSON text" });
  }
  if (!isUtf8(bytes)) return err({ code: "json.bad_utf8", at: 0, detail: "found bytes that are not UTF-8" });
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return ok(buffer.toString("utf8"));
}
