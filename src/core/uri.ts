import { err, ok, type Result } from "./result.ts";

/** A URI in its one normal form (RFC 3986, sections 6.2.2 and 6.2.3): what policy sees and what is sent to the server. */
export interface ResourceUri {
  readonly text: string;
  readonly scheme: string;
  /** Lower case, with port unless it is the scheme's default; absent where the URI names none (`urn:a`, `file:///a`). */
  readonly host?: string;
  /** Without dot segments; still percent-encoded where it must be. */
  readonly path: string;
}

/** Says in plain words what is wrong. Repeats at most one character of the text: a URI may hold a credential. */
export interface UriFault {
  readonly detail: string;
}

const LONGEST = 2048;

/** Schemes whose hosts are on the internet: they need one, have a default port, and an empty path means "/". */
const internet: ReadonlyMap<string, string> = new Map([
  ["http", "80"],
  ["https", "443"],
  ["ws", "80"],
  ["wss", "443"],
  ["ftp", "21"],
]);

/**
 * Reads a URI by RFC 3986 and gives its normal form; a normal form is read as itself. What two readers could take for
 * two things is refused, never repaired: the server behind is another reader than policy.
 */
export function parseUri(text: string): Result<ResourceUri, UriFault> {
  if (text.length > LONGEST) return refused(`longer than ${LONGEST} characters`);
  const fault = characterFault(text);
  if (fault !== undefined) return refused(fault);
  const parts = /^([a-z][a-z0-9+.-]*):(?:\/\/([^/?]*))?([^?]*)(\?.*)?$/i.exec(text);
  if (parts === null) return refused('no scheme, such as "file:", at its beginning');
  const scheme = (parts[1] ?? "").toLowerCase();
  const authority = parts[2];
  if (internet.has(scheme) && !authority) return refused(`no host, which "${scheme}:" needs`);
  const host = authority === undefined ? ok(undefined) : readAuthority(scheme, authority);
  if (!host.ok) return host;
  const path = readPath(scheme, authority !== undefined, parts[3] ?? "");
  if (!path.ok) return path;
  const query = percentNormal(parts[4] ?? "");
  if (outside(query, queryCharacters)) return refused("brackets in the query that are not percent-encoded");
  const normal = `${scheme}:${host.value === undefined ? "" : `//${host.value}`}${path.value}${query}`;
  if (normal.length > LONGEST) return refused(`longer than ${LONGEST} characters`);
  return ok({ text: normal, scheme, ...(host.value ? { host: host.value } : {}), path: path.value });
}

function refused(detail: string): Result<never, UriFault> {
  return err({ detail });
}

/** Characters that stand in no URI as they are, and escapes that are none. */
function characterFault(text: string): string | undefined {
  const [odd] = /[^!#-;=?-[\]_a-z~]/u.exec(text) ?? [];
  if (odd !== undefined) {
    if (odd === "\\") return "a backslash, which some servers read as a slash";
    if (odd === " ") return "a space that is not percent-encoded";
    if (/\p{Cc}/u.test(odd)) return "a control character";
    return /[!-~]/.test(odd)
      ? `the character ${odd}, which has to be percent-encoded`
      : "a character beyond ASCII, which has to be percent-encoded";
  }
  if (text.includes("#")) return "a fragment, which never reaches a server";
  if (/%(?![0-9a-f]{2})/i.test(text)) return "a % that is not followed by two hex digits";
  try {
    // Overlong forms too: %C0%AF is a slash to a careless decoder.
    decodeURIComponent(text);
    return undefined;
  } catch {
    return "percent-encoded bytes that are not UTF-8";
  }
}

const pathCharacters = /^[\w.~!$&'()*+,;=:@%/-]*$/;
const queryCharacters = /^[\w.~!$&'()*+,;=:@%/?-]*$/;

function outside(text: string, characters: RegExp): boolean {
  return !characters.test(text);
}

/** Escapes in upper case; characters that need none are written as themselves. */
function percentNormal(text: string): string {
  if (!text.includes("%")) return text;
  return text.replace(/%[0-9a-f]{2}/gi, (encoded) => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
    return /[\w.~-]/.test(character) ? character : encoded.toUpperCase();
  });
}

/** Host and port of an authority; empty if it is empty. */
function readAuthority(scheme: string, authority: string): Result<string, UriFault> {
  if (authority.includes("@")) return refused("a user or password in front of the host");
  const [, written = "", port = ""] = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d*))?$/.exec(authority) ?? [undefined];
  const host = percentNormal(written).replace(/%..|[^%]/g, (one) => (one.startsWith("%") ? one : one.toLowerCase()));
  if (written === "" && authority !== "") return refused("an authority that is not host or host:port");
  if (/%(?:00|2F|3A|3F|23|40|5B|5C|5D)/.test(host)) return refused("an encoded delimiter in the host");
  const number = port.replace(/^0+(?=\d)/, "");
  if (number.length > 5 || Number(number) > 65_535) return refused("a port above 65535");
  const shownPort = number === "" || number === internet.get(scheme) ? "" : `:${number}`;
  if (host.startsWith("[")) {
    const address = ipv6(host);
    return address === undefined ? refused("brackets around what is not an IPv6 address") : ok(`${address}${shownPort}`);
  }
  // 0x7f.1 and 2130706433 are 127.0.0.1 to many clients and a name to others.
  if (internet.has(scheme) && isNumeric(host) && !isIpv4(host)) return refused("an IPv4 address that is not four decimal numbers");
  return ok(`${host}${shownPort}`);
}

/** The address in the form of RFC 5952. */
function ipv6(literal: string): string | undefined {
  if (!/^\[[0-9a-f:.]+\]$/.test(literal) || !URL.canParse(`http://${literal}`)) return undefined;
  return new URL(`http://${literal}`).hostname;
}

function isNumeric(host: string): boolean {
  return /^(?:\d+|0x[0-9a-f]*)$/.test(host.replace(/\.$/, "").split(".").at(-1) ?? "");
}

function isIpv4(host: string): boolean {
  return /^(?:(?:0|[1-9]\d{0,2})(?:\.(?!$)|$)){4}$/.test(host) && host.split(".").every((byte) => Number(byte) <= 255);
}

function readPath(scheme: string, hasAuthority: boolean, written: string): Result<string, UriFault> {
  if (written === "" && internet.has(scheme)) return ok("/");
  const path = percentNormal(written);
  if (outside(path, pathCharacters)) return refused("brackets in the path that are not percent-encoded");
  const [hidden] = /%(?:2F|5C|00)/.exec(path) ?? [];
  if (hidden !== undefined) return refused(`${hidden} in the path, which some servers decode before they split it and others after`);
  if (encodedTwice.test(path)) return refused("a dot or slash in the path that is percent-encoded twice, which some servers decode twice");
  if (path.split("/").some(isDotsWithParameters)) return refused("dot segments with parameters, which some servers leave out first");
  if (path !== "" && !path.startsWith("/")) {
    return path.split("/").some(isDots) ? refused("dot segments in a path without a root") : ok(path);
  }
  const short = withoutDots(path);
  if (short === undefined) return refused("dot segments that climb above the root");
  // `x:/.//a` would become `x://a`, whose `a` is a host.
  if (!hasAuthority && short.startsWith("//")) return refused("a path that begins with // and no host");
  if (scheme === "file" && /\/\/./.test(short)) return refused("an empty segment, which file systems leave out");
  return ok(short);
}

const encodedTwice = /%25(?:25)*(?:2e|2f|5c|00)/i;

/** `/a/..;x/b` is `/b` to servers that take parameters off a segment before they resolve it. */
function isDotsWithParameters(segment: string): boolean {
  return /^\.\.?;/.test(segment);
}

function isDots(segment: string): boolean {
  return segment === "." || segment === "..";
}

/** RFC 3986, section 5.2.4, of a path that is empty or begins with a slash; `undefined` if it climbs above the root. */
function withoutDots(path: string): string | undefined {
  if (!path.includes("/.")) return path;
  const segments = path.split("/").slice(1);
  const kept: string[] = [];
  for (const segment of segments) {
    if (!isDots(segment)) kept.push(segment);
    else if (segment === ".." && kept.pop() === undefined) return undefined;
  }
  // A dot segment at the end names the folder, whose path ends with a slash.
  if (isDots(segments.at(-1) ?? "")) kept.push("");
  return `/${kept.join("/")}`;
}
