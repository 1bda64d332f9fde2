import { plainText } from "./plain-text.ts";

/** Beyond this an encoded run is not decoded: what nobody can read is found as such. */
const LONGEST_RUN = 100_000;

/**
 * What a model may make of a text, in the order in which a reviewer would look: as it reads, in its own script, without
 * marks of Markdown, with entities and escapes resolved, and out of base64, hexadecimal digits and ROT13.
 */
export function* readingsOf(text: string): Generator<string> {
  const plain = plainText(text);
  yield plain;
  if (/[^\p{ASCII}]/u.test(text)) yield text.normalize("NFKC").replace(/\s+/g, " ");
  if (/[*_`~-]/.test(plain)) yield plain.replace(/[*_`~]+|(?<=\p{L})-(?=\p{L})/gu, "");
  if (/&#?\w|%[0-9a-f]{2}|\\[ux]/i.test(plain)) yield plainText(unescaped(plain));
  yield* decodedRuns(text);
  yield plain.replace(/[a-z]/gi, rotated);
}

const named: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'", nbsp: " " };

function unescaped(text: string): string {
  return text
    .replace(/&([a-z]{2,4});/gi, (whole, name: string) => named[name.toLowerCase()] ?? whole)
    .replace(/&#x([0-9a-f]{1,6});?/gi, (_, digits: string) => character(Number.parseInt(digits, 16)))
    .replace(/&#([0-9]{1,7});?/g, (_, digits: string) => character(Number(digits)))
    .replace(/\\u\{?([0-9a-f]{4,6})\}?|\\x([0-9a-f]{2})|%([0-9a-f]{2})/gi, (_, u?: string, x?: string, percent?: string) =>
      character(Number.parseInt(u ?? x ?? percent ?? "", 16)),
    );
}

const character = (code: number): string => (code <= 0x10ffff ? String.fromCodePoint(code) : "");

function* decodedRuns(text: string): Generator<string> {
  for (const [run] of text.matchAll(/[A-Za-z0-9+/_-]{24,}={0,2}/g)) {
    if (run.length > LONGEST_RUN) continue;
    const hexadecimal = /^(?:[0-9a-f]{2})+$/i.test(run);
    const decoded = Buffer.from(run, hexadecimal ? "hex" : "base64").toString("utf8");
    if (/^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}\s]+$/u.test(decoded) && !decoded.includes("\ufffd")) yield plainText(decoded);
  }
}

function rotated(letter: string): string {
  const first = letter <= "Z" ? 65 : 97;
  return String.fromCharCode(((letter.charCodeAt(0) - first + 13) % 26) + first);
}

const digits: Readonly<Record<string, string>> = {
  "0": "o",
  "1": "i",
  "!": "i",
  "|": "i",
  l: "i",
  "3": "e",
  "4": "a",
  "@": "a",
  "5": "s",
  $: "s",
  "7": "t",
};

/** Letters alone, digits that stand for letters as these: for phrases that dots, blanks and digits break up. */
export function squeezed(text: string): string {
  return plainText(text)
    .toLowerCase()
    .replace(/[0134578!|@$l]/g, (sign) => digits[sign] ?? sign)
    .replace(/[^a-z]+/g, "");
}
