const LONGEST_TYPE = 60;

/** What was found in place of a bundle, in words; undefined if it may be one. Nothing of the content is told: it may be meant for others. */
export function whatItIs(bytes: Uint8Array, contentType: string | undefined): string | undefined {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return undefined;
  const type = contentType === undefined ? "" : ` of type "${contentType.slice(0, LONGEST_TYPE)}"`;
  if (bytes.byteLength === 0) return `an empty answer${type}`;
  const start = Buffer.from(bytes.subarray(0, 512)).toString("utf8").trimStart().toLowerCase();
  if (/^<(!doctype html|html|head|body)\b/.test(start)) return `an HTML page${type}`;
  if (start.startsWith("<")) return `markup${type}`;
  if (/^[{[]/.test(start)) return `JSON${type}`;
  return `${bytes.byteLength} bytes${type} that are no gzip archive`;
}
