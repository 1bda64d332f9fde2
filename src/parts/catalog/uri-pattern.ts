import { err, ok, type Result } from "../../core/result.ts";
import { parseUri } from "../../core/uri.ts";

/** A set of URIs. */
export interface UriPattern {
  /** What all of them begin with, normalised. */
  readonly literal: string;
  /** Whether a normalised URI is one of them. Takes time by its length times the pattern's, whatever the two hold. */
  readonly fits: (uri: string) => boolean;
}

/** What stands between two literal pieces: nothing, or a run of characters other than `stops`, after `lead` if there is one. */
interface Gap {
  readonly lead?: string;
  readonly stops: string;
}

const DELIMITERS = "/?#";
const some: Gap = { stops: DELIMITERS };
const any: Gap = { stops: "" };

/** Reads a pattern of `resources.yaml`, or says what was wanted. What is literal in it must be normalised already: it is what a reviewer approves. */
export function readUriPattern(text: string): Result<UriPattern, string> {
  const parts = text.split(/(\*\*|\*)/);
  const pieces = parts.filter((_, at) => at % 2 === 0);
  const stars = parts.filter((_, at) => at % 2 === 1);
  const normal = normalPieces(pieces);
  if (!normal.ok) return err(`a URI (found ${normal.error})`);
  const shown = normal.value.map((piece, at) => `${piece}${stars[at] ?? ""}`).join("");
  if (shown !== text) return err(`its normal form ${JSON.stringify(shown)}`);
  const gaps = stars.map((star) => (star === "*" ? some : any));
  return ok(patternOf(pieces, gaps));
}

/** What an expression's operator puts in front of its values, and what they hold no more (RFC 6570, section 3.2). */
const operators: Readonly<Record<string, Gap>> = {
  "": some,
  "+": any,
  "#": { lead: "#", stops: "" },
  ".": { lead: ".", stops: DELIMITERS },
  "/": { lead: "/", stops: "?#" },
  ";": { lead: ";", stops: DELIMITERS },
  "?": { lead: "?", stops: "#" },
  "&": { lead: "&", stops: "#" },
};

const variable = String.raw`(?:[A-Za-z0-9_]|%[0-9A-Fa-f]{2})(?:[A-Za-z0-9_.]|%[0-9A-Fa-f]{2})*(?::[1-9]\d{0,3}|\*)?`;
const expression = new RegExp(String.raw`^\{([+#./;?&]?)${variable}(?:,${variable})*\}$`);

/** Reads a template as a server lists it: the URIs that it can expand to, in their normal form. Or says what was wanted. */
export function readUriTemplate(text: string): Result<UriPattern, string> {
  const parts = text.split(/(\{[^{}]*\})/);
  const gaps: Gap[] = [];
  for (const part of parts.filter((_, at) => at % 2 === 1)) {
    const gap = operators[expression.exec(part)?.[1] ?? "none"];
    if (gap === undefined) return err(`a template of RFC 6570 (found ${JSON.stringify(part)})`);
    gaps.push(gap);
  }
  const normal = normalPieces(parts.filter((_, at) => at % 2 === 0));
  return normal.ok ? ok(patternOf(normal.value, gaps)) : err(`a template of URIs (found ${normal.error})`);
}

/** The literal pieces as they stand in a normalised URI, found by normalising the whole with a mark in each gap. */
function normalPieces(pieces: readonly string[]): Result<string[], string> {
  const [first = ""] = pieces;
  if (!/^[a-z][a-z0-9+.-]*:/i.test(first)) return err("no scheme in front of what is variable");
  // One tilde more than stand in a row anywhere: then a mark is found only where one was put.
  const rows = pieces.join(" ").replaceAll(/%7e/gi, "~").match(/~+/g) ?? [];
  const mark = `_~${rows.reduce((longest, row) => (row.length > longest.length ? row : longest), "")}_`;
  const uri = parseUri(pieces.join(mark));
  if (!uri.ok) return err(uri.error.detail);
  const normal = uri.value.text.split(mark);
  return normal.length === pieces.length ? ok(normal) : err("dot segments that remove what is variable");
}

function patternOf(pieces: readonly string[], gaps: readonly Gap[]): UriPattern {
  const [literal = "", ...rest] = pieces;
  if (gaps.length === 0) return { literal, fits: (uri) => uri === literal };
  if (gaps.length === 1 && gaps[0] === any && rest[0] === "") return { literal, fits: (uri) => uri.startsWith(literal) };
  return { literal, fits: (uri) => uri.startsWith(literal) && fitsRest(uri.slice(literal.length), gaps, rest) };
}

/** Follows all ways at once: `ends[i]` says whether what was read so far can end at character i. */
function fitsRest(text: string, gaps: readonly Gap[], pieces: readonly string[]): boolean {
  let ends = new Uint8Array(text.length + 1);
  ends[0] = 1;
  for (const [at, gap] of gaps.entries()) ends = afterPiece(afterGap(ends, text, gap), text, pieces[at] ?? "");
  return ends[text.length] === 1;
}

function afterGap(ends: Uint8Array<ArrayBuffer>, text: string, { lead, stops }: Gap): Uint8Array<ArrayBuffer> {
  const next = ends.slice();
  let running = lead === undefined && ends[0] === 1;
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? "";
    if (stops.includes(character)) running = false;
    if (lead === character && ends[at] === 1) running = true;
    if (lead === undefined && ends[at + 1] === 1) running = true;
    if (running) next[at + 1] = 1;
  }
  return next;
}

function afterPiece(ends: Uint8Array<ArrayBuffer>, text: string, piece: string): Uint8Array<ArrayBuffer> {
  if (piece === "") return ends;
  const next = new Uint8Array(ends.length);
  for (let at = text.indexOf(piece); at !== -1; at = text.indexOf(piece, at + 1)) if (ends[at] === 1) next[at + piece.length] = 1;
  return next;
}
