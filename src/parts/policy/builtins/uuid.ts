import { type Builtin, stringOf } from "./builtin.ts";
import { numberOf, type Value } from "./value.ts";

const dashed = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i;
const compact = /^[0-9a-f]{32}$/i;

/** The forms that `github.com/google/uuid` reads: plain, with `urn:uuid:`, in any pair of brackets, without dashes. */
function bytesOf(text: string): Buffer | undefined {
  const length = Buffer.byteLength(text);
  if (length === 32) return compact.test(text) ? Buffer.from(text, "hex") : undefined;
  // In brackets only the 36 bytes behind the first one are looked at.
  const inner = length === 36 ? text : length === 45 && /^urn:uuid:/i.test(text) ? text.slice(9) : length === 38 ? afterByte(text) : "";
  const found = dashed.exec(inner)?.[0];
  return found === undefined ? undefined : Buffer.from(found.replaceAll("-", ""), "hex");
}

const afterByte = (text: string): string => Buffer.from(text).subarray(1).toString();

/** Hundreds of nanoseconds between the calendar of 1582 and 1970. */
const GREGORIAN_OFFSET = 122_192_928_000_000_000n;
const domains: Readonly<Record<number, string>> = { 0: "Person", 1: "Group", 2: "Org" };

const parse: Builtin = (_, value) => {
  const bytes = bytesOf(stringOf(value));
  if (bytes === undefined) return undefined;
  const version = bytes.readUInt8(6) >> 4;
  const entries: [Value, Value][] = [
    ["version", numberOf(version)],
    ["variant", variantOf(bytes.readUInt8(8))],
  ];
  if (version === 1 || version === 2) {
    entries.push(["time", numberOf(timeOf(bytes))], ["nodeid", (bytes.toString("hex", 10).match(/../g) ?? []).join("-")]);
    entries.push(["macvariables", macOf(bytes.readUInt8(10))], ["clocksequence", numberOf(bytes.readUInt16BE(8) & 0x3fff)]);
  }
  if (version === 2) {
    const domain = bytes.readUInt8(9);
    entries.push(["id", numberOf(bytes.readUInt32BE(0))], ["domain", domains[domain] ?? `Domain${domain}`]);
  }
  return { entries };
};

function variantOf(byte: number): string {
  if ((byte & 0xc0) === 0x80) return "RFC4122";
  if ((byte & 0xe0) === 0xc0) return "Microsoft";
  return (byte & 0xe0) === 0xe0 ? "Future" : "Reserved";
}

function timeOf(bytes: Buffer): bigint {
  const low = BigInt(bytes.readUInt32BE(0));
  const middle = BigInt(bytes.readUInt16BE(4)) << 32n;
  const high = BigInt(bytes.readUInt16BE(6) & 0xfff) << 48n;
  // Go counts in 64 bits, and so do dates far away.
  return BigInt.asIntN(64, ((low | middle | high) - GREGORIAN_OFFSET) * 100n);
}

function macOf(byte: number): string {
  const kinds = ["global:unicast", "global:multicast", "local:unicast", "local:multicast"];
  return kinds[byte & 0b11] ?? "";
}

export const uuidBuiltins = { "uuid.parse": parse } satisfies Record<string, Builtin>;
