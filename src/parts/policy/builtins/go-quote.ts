import { isPrintable } from "./printable.ts";

const shortEscapes: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
};

/** Go's `strconv.Quote`; `ascii` is its `QuoteToASCII`, and `mark` the quote that is escaped. */
export function quote(text: string, options: { readonly ascii?: boolean; readonly mark?: '"' | "'" } = {}): string {
  const { ascii = false, mark = '"' } = options;
  let out = "";
  for (const char of text.toWellFormed()) out += escapedChar(char, ascii, mark);
  return mark + out + mark;
}

function escapedChar(char: string, ascii: boolean, mark: string): string {
  if (char === mark || char === "\\") return `\\${char}`;
  const code = char.codePointAt(0) ?? 0;
  if (ascii ? code >= 0x20 && code < 0x7f : isPrintable(code)) return char;
  const short = shortEscapes[char];
  if (short !== undefined) return short;
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, "0")}`;
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`;
}

/** Whether Go writes a text between backquotes when `%#q` asks for it. */
export function canBackquote(text: string): boolean {
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if ((code < 0x20 && char !== "\t") || char === "`" || code === 0x7f || code === 0xfeff) return false;
  }
  return true;
}
