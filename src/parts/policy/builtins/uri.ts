import { isUtf8 } from "node:buffer";
import { isIPv6 } from "node:net";
import { type Builtin, BuiltinError, stringOf } from "./builtin.ts";
import type { Value } from "./value.ts";

/** What Go's `url.Parse` finds in a reference; empty where there is nothing. */
export interface Reference {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly rawPath: string;
  readonly rawQuery: string;
  readonly fragment: string;
}

const bad = (why: string): BuiltinError => new BuiltinError(`uri: ${why}`);
const isControl = (char: string): boolean => char < " " || char === "\x7f";
const schemeShape = /^([A-Za-z][A-Za-z0-9+.-]*):/;

function cut(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** `bytesText` makes a text of bytes that were escaped, or throws. */
function parseReference(whole: string, bytesText: (bytes: Buffer) => string): Reference {
  const plainText = (escaped: string): string => unescaped(escaped, bytesText);
  const [text, fragment] = cut(whole, "#");
  if (Array.prototype.some.call(text, isControl)) throw bad("a control character");
  if (text === "*") return { scheme: "", host: "", path: "*", rawPath: "", rawQuery: "", fragment: plainText(fragment) };
  if (text.startsWith(":")) throw bad("missing protocol scheme");
  const found = schemeShape.exec(text);
  const scheme = (found?.[1] ?? "").toLowerCase();
  const [rest, rawQuery] = cut(text.slice(found?.[0].length ?? 0), "?");
  const end = { scheme, rawQuery, fragment: plainText(fragment) };
  if (!rest.startsWith("/")) {
    if (scheme !== "") return { ...end, host: "", path: "", rawPath: "" };
    if (cut(rest, "/")[0].includes(":")) throw bad("first path segment contains a colon");
  }
  if (!rest.startsWith("//") || (scheme === "" && rest.startsWith("///"))) return { ...end, host: "", ...pathOf(rest, plainText) };
  const slash = rest.indexOf("/", 2);
  const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
  return { ...end, host: hostOf(scheme, authority, bytesText), ...pathOf(slash < 0 ? "" : rest.slice(slash), plainText) };
}

/** Bytes of a path that Go does not escape. */
const pathSafe = /[^A-Za-z0-9\-_.~$&+,/:;=@]/u;

/** The raw path is told only where escaping the path again would not give it. */
function pathOf(raw: string, plainText: (escaped: string) => string): { readonly path: string; readonly rawPath: string } {
  const path = plainText(raw);
  let escaped = "";
  for (const byte of Buffer.from(path)) {
    const char = String.fromCharCode(byte);
    escaped += byte < 0x80 && !pathSafe.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return { path, rawPath: escaped === raw ? "" : raw };
}

function unescaped(text: string, bytesText: (bytes: Buffer) => string, mayHold?: (byte: number) => boolean): string {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) throw bad("invalid escape");
  return text.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => {
    const bytes = Buffer.from(run.replaceAll("%", ""), "hex");
    if (mayHold !== undefined && !bytes.every(mayHold)) throw bad("invalid escape");
    return bytesText(bytes);
  });
}

const userinfo = /^[A-Za-z0-9\-_.:~!$&'()*+,;=%@]*$/;
const hostSafe = /^[A-Za-z0-9\-_.~!$&'()*+,;=:[\]<>"%\u{80}-\u{10ffff}]*$/u;
const port = /^(?::[0-9]*)?$/;

/** Only bytes beyond ASCII, and the percent sign itself, may be escaped in a host. */
const escapableInHost = (byte: number): boolean => byte >= 0x80 || byte === 0x25;

function hostOf(scheme: string, authority: string, bytesText: (bytes: Buffer) => string): string {
  const plainText = (escaped: string, mayHold: (byte: number) => boolean): string => unescaped(escaped, bytesText, mayHold);
  const at = authority.lastIndexOf("@");
  const host = authority.slice(at + 1);
  const name = host.includes("[") ? literalHost(host, plainText) : namedHost(scheme, host, plainText);
  if (at >= 0) {
    const user = authority.slice(0, at);
    if (!userinfo.test(user) || /%(?![0-9a-fA-F]{2})/.test(user)) throw bad("invalid userinfo");
  }
  return name;
}

type Unescape = (escaped: string, mayHold: (byte: number) => boolean) => string;

function namedHost(scheme: string, host: string, plainText: Unescape): string {
  const web = scheme === "http" || scheme === "https";
  const colon = web ? host.indexOf(":") : host.lastIndexOf(":");
  if (colon >= 0 && !port.test(host.slice(colon))) throw bad("invalid port");
  if (!hostSafe.test(host)) throw bad("invalid host");
  return plainText(host, escapableInHost);
}

/** `[fe80::1%25en0]:80`. */
function literalHost(host: string, plainText: Unescape): string {
  const [open, close] = [host.lastIndexOf("["), host.lastIndexOf("]")];
  if (open > 0 || close < 0) throw bad("invalid IP literal");
  const after = host.slice(close + 1);
  if (!port.test(after)) throw bad("invalid port");
  const inner = host.slice(1, close);
  const zoneAt = inner.indexOf("%25");
  const [front, zone] = zoneAt < 0 ? [inner, ""] : [inner.slice(0, zoneAt), inner.slice(zoneAt)];
  if (!hostSafe.test(front) || !hostSafe.test(zone)) throw bad("invalid host");
  const address = plainText(front, escapableInHost) + plainText(zone, escapableInZone);
  const percent = address.indexOf("%");
  const valid = percent < 0 ? isIPv6(address) : isIPv6(address.slice(0, percent)) && percent < address.length - 1;
  if (!valid) throw bad("invalid IP literal");
  return `[${address}]${after}`;
}

/** Windows puts spaces into zones. */
const escapableInZone = (byte: number): boolean =>
  byte === 0x25 || byte === 0x20 || (byte < 0x80 && hostSafe.test(String.fromCharCode(byte)));

function splitHost(host: string): { readonly hostname: string; readonly port: string } {
  const colon = host.lastIndexOf(":");
  const hasPort = colon >= 0 && port.test(host.slice(colon));
  const name = hasPort ? host.slice(0, colon) : host;
  return { hostname: /^\[.*\]$/s.test(name) ? name.slice(1, -1) : name, port: hasPort ? host.slice(colon + 1) : "" };
}

function utf8(bytes: Buffer): string {
  // What is no UTF-8 has no place in a Rego string.
  if (!isUtf8(bytes)) throw bad("the bytes are not UTF-8");
  return bytes.toString();
}

const parse: Builtin = (_, value) => {
  const found = parseReference(stringOf(value).toWellFormed(), utf8);
  const { hostname, port: number } = splitHost(found.host);
  const raw = found.path === "" ? "" : found.rawPath === "" ? found.path : found.rawPath;
  const entries: [Value, Value][] = [
    ["scheme", found.scheme],
    ["hostname", hostname],
    ["port", number],
    ["path", found.path],
    ["raw_path", raw],
    ["raw_query", found.rawQuery],
    ["fragment", found.fragment],
  ];
  return { entries: entries.filter(([, member]) => member !== "") };
};

/** The parts of a reference, escaped bytes one character each; undefined for what is none. */
export function referenceOf(text: string): Reference | undefined {
  try {
    return parseReference(text.toWellFormed(), (bytes) => bytes.toString("latin1"));
  } catch (error) {
    if (error instanceof BuiltinError) return undefined;
    throw error;
  }
}

const isValid: Builtin = (_, value) => typeof value === "string" && value !== "" && referenceOf(value) !== undefined;

export const uriBuiltins = { "uri.parse": parse, "uri.is_valid": isValid } satisfies Record<string, Builtin>;
