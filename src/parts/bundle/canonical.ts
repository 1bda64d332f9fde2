import { createHash } from "node:crypto";
import { decodeUtf8 } from "../../core/json/index.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { dataFile, manifestFile } from "./entry-name.ts";

/** Containers inside each other; deeper data would only be found out by a reader's stack. */
const MAX_DEPTH = 512;

const hashNames: Readonly<Record<string, string>> = { "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512" };

/** Hash algorithms of a signed file list; OPA knows weaker ones too (MD5, SHA-1), which prove nothing. */
export function isHashAlgorithm(name: string): boolean {
  return Object.hasOwn(hashNames, name);
}

/**
 * The hash of one file as OPA signs it, in hex. `data.json` and `.manifest` are hashed in canonical form, so that white
 * space and key order do not matter; every other file byte by byte. Source: opa v1.22 v1/bundle/hash.go.
 */
export function hashFile(name: string, bytes: Uint8Array, algorithm = "SHA-256"): Result<string, string> {
  const nodeName = hashNames[algorithm];
  if (nodeName === undefined) return err(`found the hash algorithm "${algorithm}", wanted one of ${Object.keys(hashNames).join(", ")}`);
  const base = name.slice(name.lastIndexOf("/") + 1);
  const hash = createHash(nodeName);
  if (base !== dataFile && base !== manifestFile) return ok(hash.update(bytes).digest("hex"));
  const text = decodeUtf8(bytes);
  if (!text.ok) return err(text.error.detail);
  const canonical = canonicalJson(text.value);
  return canonical.ok ? ok(hash.update(canonical.value).digest("hex")) : canonical;
}

/**
 * JSON as OPA's hasher sees it: no white space, keys sorted by their UTF-8 bytes, strings as Go writes them without HTML
 * escapes, and number literals exactly as written (`1.0` is not `1`), which is why `JSON.parse` cannot do this.
 *
 * Stricter than OPA: a duplicate key and half of a surrogate pair are faults, because two texts would have one hash; and
 * what is not JSON is never tried as YAML.
 */
export function canonicalJson(text: string): Result<string, string> {
  try {
    return ok(new Scanner(text).document());
  } catch (error) {
    if (error instanceof Fault) return err(error.message);
    throw error;
  }
}

class Fault extends Error {}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const SPACE = /[ \t\r\n]*/y;

/** One pass over the text. Faults are thrown inside and never leave this file. */
class Scanner {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): string {
    const value = this.#value();
    this.#space();
    if (this.#at < this.#text.length) throw this.#fault("something after the end of the value");
    return value;
  }

  #value(): string {
    this.#space();
    switch (this.#text[this.#at]) {
      case "{":
        return this.#nested(() => this.#object());
      case "[":
        return this.#nested(() => this.#array());
      case '"':
        return encode(this.#string());
      case "t":
        return this.#word("true");
      case "f":
        return this.#word("false");
      case "n":
        return this.#word("null");
      default:
        return this.#number();
    }
  }

  #nested(read: () => string): string {
    if (++this.#depth > MAX_DEPTH) throw this.#fault(`more than ${MAX_DEPTH} levels`);
    this.#at++;
    const value = read();
    this.#depth--;
    return value;
  }

  #object(): string {
    const members: { readonly key: string; readonly value: string }[] = [];
    for (let more = !this.#take("}"); more; more = this.#more("}")) {
      this.#space();
      if (this.#text[this.#at] !== '"') throw this.#fault("no key");
      const key = this.#string();
      if (!this.#take(":")) throw this.#fault("no colon after a key");
      members.push({ key, value: this.#value() });
    }
    members.sort((a, b) => compareUtf8(a.key, b.key));
    let text = "{";
    let last: string | undefined;
    for (const { key, value } of members) {
      if (key === last) throw this.#fault(`the key ${JSON.stringify(key)} twice in the object that ends`);
      text += `${last === undefined ? "" : ","}${encode(key)}:${value}`;
      last = key;
    }
    return `${text}}`;
  }

  #array(): string {
    const items: string[] = [];
    for (let more = !this.#take("]"); more; more = this.#more("]")) items.push(this.#value());
    return `[${items.join(",")}]`;
  }

  /** Whether another element follows; otherwise the closing bracket is behind us. */
  #more(close: string): boolean {
    if (this.#take(",")) return true;
    if (this.#take(close)) return false;
    throw this.#fault(`neither a comma nor "${close}"`);
  }

  #string(): string {
    const start = this.#at;
    let escaped = false;
    for (let at = start + 1; ; at++) {
      const code = this.#text.charCodeAt(at);
      if (code === 0x22) {
        this.#at = at + 1;
        break;
      }
      if (!(code >= 0x20)) throw this.#fault("a string that does not end on its line"); // also NaN: the end of the text
      if (code === 0x5c) {
        escaped = true;
        at++;
      }
    }
    const value = escaped ? this.#unescape(start) : this.#text.slice(start + 1, this.#at - 1);
    if (!value.isWellFormed()) throw this.#fault("half of a surrogate pair in the string that ends");
    return value;
  }

  #unescape(start: number): string {
    try {
      return JSON.parse(this.#text.slice(start, this.#at));
    } catch {
      throw this.#fault("an unknown escape in the string that ends");
    }
  }

  #number(): string {
    NUMBER.lastIndex = this.#at;
    const literal = NUMBER.exec(this.#text)?.[0];
    if (literal === undefined) throw this.#fault("no value");
    this.#at += literal.length;
    return literal;
  }

  #word(word: string): string {
    if (!this.#text.startsWith(word, this.#at)) throw this.#fault("no value");
    this.#at += word.length;
    return word;
  }

  #take(char: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #space(): void {
    SPACE.lastIndex = this.#at;
    SPACE.test(this.#text);
    this.#at = SPACE.lastIndex;
  }

  #fault(found: string): Fault {
    return new Fault(`found ${found} at position ${this.#at}`);
  }
}

/** Go's encoder escapes the two line separators even without HTML escapes; `JSON.stringify` does not. */
function encode(text: string): string {
  const quoted = JSON.stringify(text);
  if (!quoted.includes("\u2028") && !quoted.includes("\u2029")) return quoted;
  return quoted.replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

/** The order of UTF-8 bytes. It differs from the order of UTF-16 units only where a surrogate meets U+E000 to U+FFFF. */
export function compareUtf8(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    const leftPair = left >= 0xd800 && left <= 0xdfff;
    const rightPair = right >= 0xd800 && right <= 0xdfff;
    return leftPair === rightPair ? left - right : leftPair ? 1 : -1;
  }
  return a.length - b.length;
}
