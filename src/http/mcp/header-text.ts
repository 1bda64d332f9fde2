const ENCODED = /^=\?base64\?(.*)\?=$/s;

/** A header value that may be wrapped in `=?base64?…?=` because it holds what headers cannot. `undefined` for a broken one. */
export function decodeHeader(value: string): string | undefined {
  const inner = ENCODED.exec(value)?.[1];
  if (inner === undefined) return value;
  const bytes = Buffer.from(inner, "base64");
  const text = bytes.toString("utf8");
  return bytes.toString("base64") === inner && Buffer.from(text, "utf8").equals(bytes) ? text : undefined;
}
