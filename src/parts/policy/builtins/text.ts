import { type Builtin, BuiltinError, elementsOf, integerOf, stringOf } from "./builtin.ts";
import { numberOf, type Value } from "./value.ts";

/** A string, or the strings of an array or set. */
function stringsOf(value: Value | undefined): readonly string[] {
  return typeof value === "string" ? [value] : elementsOf(value).map(stringOf);
}

const anyPrefixMatch: Builtin = (_, search, base) => {
  const prefixes = stringsOf(base);
  return stringsOf(search).some((text) => prefixes.some((prefix) => text.startsWith(prefix)));
};

const anySuffixMatch: Builtin = (_, search, base) => {
  const suffixes = stringsOf(base);
  return stringsOf(search).some((text) => suffixes.some((suffix) => text.endsWith(suffix)));
};

const count: Builtin = (_, search, part) => {
  const text = stringOf(search);
  const wanted = stringOf(part);
  return numberOf(wanted === "" ? Array.from(text).length + 1 : text.split(wanted).length - 1);
};

/** The first `n` parts, or the last `-n`. */
const splitN: Builtin = (_, value, delimiter, limit) => {
  const mark = stringOf(delimiter);
  const parts = mark === "" ? Array.from(stringOf(value)) : stringOf(value).split(mark);
  const n = integerOf(limit);
  return n < 0 ? parts.slice(n) : parts.slice(0, n);
};

/** Where the part begins, in code points; occurrences may overlap. */
const indexofN: Builtin = (_, value, part) => {
  const text = Array.from(stringOf(value));
  const wanted = Array.from(stringOf(part));
  if (wanted.length === 0) throw new BuiltinError("indexof_n: empty search character");
  const found: Value[] = [];
  for (let at = 0; at + wanted.length <= text.length; at++) {
    if (wanted.every((char, offset) => text[at + offset] === char)) found.push(numberOf(at));
  }
  return found;
};

const quoteMeta: Builtin = (_, value) => stringOf(value).replace(/[*?\\[\]{}]/g, "\\$&");

export const textBuiltins = {
  "strings.any_prefix_match": anyPrefixMatch,
  "strings.any_suffix_match": anySuffixMatch,
  "strings.count": count,
  "strings.split_n": splitN,
  indexof_n: indexofN,
  "glob.quote_meta": quoteMeta,
} satisfies Record<string, Builtin>;
