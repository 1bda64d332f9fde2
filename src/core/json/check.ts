import type { JsonFault, JsonLimits } from "./json.ts";

/**
 * Reads the whole text once and reports the first thing that two JSON readers could understand differently, or that
 * is no JSON at all (RFC 8259). Iterative, so that a deep text costs no stack; nothing is built but the sets of keys.
 */
export function checkJson(text: string, limits: JsonLimits): JsonFault | undefined {
  return new Scanner(text, limits).scan();
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const SHOWN_KEY = 40;
/** From here on JSON.stringify writes an exponent, so what is forwarded no longer looks like an integer. */
const EXPONENT_FROM = 1e21;

/** One object that is being read: its keys as they are, and folded ones down to the level where case may not tell keys apart. */
interface Keys {
  readonly exact: Set<string>;
  readonly folded: Set<string> | undefined;
}

class Scanner {
  readonly #text: string;
  readonly #limits: JsonLimits;
  /** The containers around the position, outermost first; an array has no keys. */
  readonly #open: (Keys | undefined)[] = [];
  #at = 0;
  #fault: JsonFault | undefined;

  constructor(text: string, limits: JsonLimits) {
    this.#text = text;
    this.#limits = limits;
  }

  scan(): JsonFault | undefined {
    if (!this.#value()) return this.#fault;
    while (this.#open.length > 0) {
      if (!this.#afterValue()) return this.#fault;
    }
    this.#space();
    if (this.#at < this.#text.length) this.#unexpected("the end");
    return this.#fault;
  }

  /** Reads one value, or opens containers down to the first value that ends, so that a separator or a closing sign follows. */
  #value(): boolean {
    for (;;) {
      this.#space();
      const code = this.#text.charCodeAt(this.#at);
      if (code === OPEN_BRACE) {
        if (!this.#enter({ exact: new Set(), folded: this.#open.length < this.#limits.foldKeysToDepth ? new Set() : undefined }))
          return false;
        if (this.#closes(CLOSE_BRACE)) return true;
        if (!this.#key()) return false;
      } else if (code === OPEN_BRACKET) {
        if (!this.#enter(undefined)) return false;
        if (this.#closes(CLOSE_BRACKET)) return true;
      } else {
        return this.#scalar(code);
      }
    }
  }

  /** After a value inside a container: either its end, or a comma and the next value. */
  #afterValue(): boolean {
    this.#space();
    const inObject = this.#open[this.#open.length - 1] !== undefined;
    if (this.#closes(inObject ? CLOSE_BRACE : CLOSE_BRACKET)) return true;
    if (this.#text.charCodeAt(this.#at) !== COMMA) return this.#unexpected(inObject ? `"," or "}"` : `"," or "]"`);
    this.#at++;
    return inObject ? this.#key() && this.#value() : this.#value();
  }

  #enter(keys: Keys | undefined): boolean {
    if (this.#open.length >= this.#limits.maxDepth) {
      return this.#refuse("json.too_deep", this.#at, `more than ${this.#limits.maxDepth} containers inside each other`);
    }
    this.#open.push(keys);
    this.#at++;
    return true;
  }

  #closes(code: number): boolean {
    this.#space();
    if (this.#text.charCodeAt(this.#at) !== code) return false;
    this.#open.pop();
    this.#at++;
    return true;
  }

  #key(): boolean {
    this.#space();
    if (this.#text.charCodeAt(this.#at) !== QUOTE) return this.#unexpected("a key in double quotes");
    const start = this.#at;
    const escaped = this.#string();
    if (escaped === undefined) return false;
    const raw = this.#text.slice(start + 1, this.#at - 1);
    const key = escaped ? unescaped(raw) : raw;
    // A reader that sets members one by one would change the prototype instead of adding a member.
    if (key === "__proto__") return this.#refuse("json.proto_key", start, `the key "__proto__"`);
    if (!this.#remember(key, start)) return false;
    this.#space();
    if (this.#text.charCodeAt(this.#at) !== COLON) return this.#unexpected(`":"`);
    this.#at++;
    return true;
  }

  #remember(key: string, start: number): boolean {
    const keys = this.#open[this.#open.length - 1];
    if (keys === undefined) return true;
    if (keys.exact.has(key)) return this.#refuse("json.duplicate_key", start, `the key "${shown(key)}" twice in one object`);
    keys.exact.add(key);
    if (keys.folded === undefined) return true;
    const folded = foldCase(key);
    if (keys.folded.has(folded)) {
      return this.#refuse("json.duplicate_key", start, `the key "${shown(key)}" beside one that differs only in case`);
    }
    keys.folded.add(folded);
    return true;
  }

  #scalar(code: number): boolean {
    if (code === QUOTE) return this.#string() !== undefined;
    if (code === MINUS || isDigit(code)) return this.#number();
    for (const word of WORDS) {
      if (this.#text.startsWith(word, this.#at)) {
        this.#at += word.length;
        return true;
      }
    }
    return this.#unexpected("a value");
  }

  /** Reads a string at its opening quote. Whether it holds escapes, or `undefined` after a fault. */
  #string(): boolean | undefined {
    const text = this.#text;
    const start = this.#at;
    let at = start + 1;
    let escaped = false;
    let high = false;
    for (;;) {
      const from = at;
      let code = text.charCodeAt(at);
      if (code === QUOTE) break;
      // NaN (the end of the text) fails the comparison too.
      if (!(code >= 0x20)) {
        this.#at = at;
        this.#unexpected(at < text.length ? "no control sign inside a string" : "the end of a string");
        return undefined;
      }
      at++;
      if (code === BACKSLASH) {
        escaped = true;
        code = escapedUnit(text, at);
        if (code < 0) {
          this.#at = from;
          this.#unexpected("an escape that JSON knows");
          return undefined;
        }
        at += text.charCodeAt(at) === 0x75 ? 5 : 1;
      }
      const low = code >= 0xdc00 && code <= 0xdfff;
      if (high !== low) return this.#lone(from);
      high = code >= 0xd800 && code <= 0xdbff;
    }
    if (high) return this.#lone(at);
    this.#at = at + 1;
    return escaped;
  }

  #lone(at: number): undefined {
    this.#refuse("json.lone_surrogate", at, "half of a surrogate pair");
    return undefined;
  }

  #number(): boolean {
    const text = this.#text;
    const start = this.#at;
    let at = start;
    if (text.charCodeAt(at) === MINUS) at++;
    const first = at;
    at = digits(text, at);
    if (at === first || (text.charCodeAt(first) === ZERO && at > first + 1)) return this.#badNumber(start);
    let integer = true;
    if (text.charCodeAt(at) === DOT) {
      integer = false;
      const fraction = at + 1;
      at = digits(text, fraction);
      if (at === fraction) return this.#badNumber(start);
    }
    const mantissaEnd = at;
    if ((text.charCodeAt(at) | 0x20) === 0x65) {
      integer = false;
      const sign = text.charCodeAt(at + 1);
      const exponent = at + (sign === MINUS || sign === 0x2b ? 2 : 1);
      at = digits(text, exponent);
      if (at === exponent) return this.#badNumber(start);
    }
    this.#at = at;
    if (this.#limits.unsafeNumbers === "keep" || (integer && at - start < 16)) return true;
    return this.#safe(start, mantissaEnd, integer);
  }

  #safe(start: number, mantissaEnd: number, integer: boolean): boolean {
    const value = Number(this.#text.slice(start, this.#at));
    const size = Math.abs(value);
    if (size === Number.POSITIVE_INFINITY) return this.#refuse("json.unsafe_number", start, "a number beyond what a double can hold");
    if (value === 0 && /[1-9]/.test(this.#text.slice(start, mantissaEnd))) {
      return this.#refuse("json.unsafe_number", start, "a number so small that it would become 0");
    }
    // An integer as written, or as it would be written when forwarded.
    if (size > Number.MAX_SAFE_INTEGER && (integer || size < EXPONENT_FROM)) {
      return this.#refuse("json.unsafe_number", start, "an integer beyond 9007199254740991");
    }
    return true;
  }

  #badNumber(at: number): boolean {
    return this.#refuse("json.malformed", at, "something that starts like a number and is none");
  }

  #space(): void {
    const text = this.#text;
    let at = this.#at;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) break;
      at++;
    }
    this.#at = at;
  }

  #unexpected(wanted: string): false {
    const found = this.#at < this.#text.length ? JSON.stringify(String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0)) : "the end";
    return this.#refuse("json.malformed", this.#at, `${found} where ${wanted} was expected`);
  }

  #refuse(code: JsonFault["code"], at: number, found: string): false {
    this.#fault ??= { code, at, detail: `found ${found}, at position ${at}` };
    return false;
  }
}

const WORDS = ["true", "false", "null"] as const;

/**
 * Folds as the most tolerant reader does: Go decodes {"Name": …} into name, also with the Kelvin sign for "k" or the
 * long s for "s" (CVE-2026-27896), so a policy that judged "name" would let "Name" through.
 */
export function foldCase(key: string): string {
  return key.toUpperCase().toLowerCase();
}

function shown(key: string): string {
  return key.length > SHOWN_KEY ? `${key.slice(0, SHOWN_KEY)}…` : key;
}

/** The text between the quotes is a valid string body here. */
function unescaped(raw: string): string {
  return JSON.parse(`"${raw}"`) as string;
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= 0x39;
}

function digits(text: string, from: number): number {
  let at = from;
  while (isDigit(text.charCodeAt(at))) at++;
  return at;
}

/** The UTF-16 unit of a `\u` escape, 0 for another known escape, -1 for none. `at` is the position after the backslash. */
function escapedUnit(text: string, at: number): number {
  const sign = text[at];
  if (sign === "u") {
    const hex = text.slice(at + 1, at + 5);
    return /^[0-9a-fA-F]{4}$/.test(hex) ? Number.parseInt(hex, 16) : -1;
  }
  return sign !== undefined && `"\\/bfnrt`.includes(sign) ? 0 : -1;
}
