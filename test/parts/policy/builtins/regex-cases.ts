import fc from "fast-check";
import { joined, sample, text } from "./sampling.ts";

const atom = fc.constantFrom(
  ...["a", "b", ".", "[ab]", "[^a]", "\\w", "\\d", "\\s", "\\b", "^", "$", "(a)", "(?:b|a)", "(?i:A)", "é", "x{0}", "\\pL"],
  ...["[[:alpha:]]", "(|b)", "\\B", "(?i)K", "ſ", "😀", "\\x{1F600}", "(?m)^", "(?s).", "\\Q.\\E", "[\\d-z]", "(?U)a+"],
);
const times = fc.constantFrom("", "", "*", "+", "?", "*?", "+?", "{2}", "{1,2}", "{0,1}?");
const sound = fc.array(fc.tuple(atom, times, fc.constantFrom("", "", "|")), { maxLength: 5 }).map((parts) => parts.flat().join(""));
const named = sound.map((pattern) => `(?P<n>a)|${pattern}`);
const broken = fc.constantFrom("(", "[a", "a**", "(?<=a)b", "\\1", "a{1001}", "\\8", "[z-a]", "x{2}{3}", "\\pX", "(?z)", "*a", "a)", "\\");
const pattern = fc.oneof({ weight: 16, arbitrary: sound }, { weight: 4, arbitrary: named }, { weight: 1, arbitrary: broken });
const subject = joined(["a", "b", "ab", "A", "é", "K", "k", "s", "ſ", "1", " ", "\n", "😀", "-", "\u212a", "_", "aa"], 8);
// biome-ignore lint/suspicious/noTemplateCurlyInString: this is how templates of Go name a group
const replacement = joined(["$1", "${1}", "$0", "$n", "${n}", "$$", "$", "x", "${", "$1x", "${1}x", "$é", "${n", "$01", "$99", "$_"], 3);
const limit = fc.constantFrom(-1, 0, 1, 2, 3);

const token = fc.tuple(
  fc.constantFrom("a", "b", "c", ".", "[ab]", "[a-c]", "[]", "\\.", "\\*", "é", "[\\]a]", "[^a]"),
  fc.constantFrom("", "", "*", "+"),
);
const glob = fc.oneof(
  { weight: 12, arbitrary: fc.array(token, { maxLength: 5 }).map((parts) => parts.flat().join("")) },
  { weight: 1, arbitrary: fc.constantFrom("*", "a**", "[a", "]", "[a-", "[-a]", "[c-a]", "\\", "[a-]]", "[a--]", "a+*") },
);
const template = joined(["<a+>", "<[0-9]{1,2}>", "urn:", "a.b", "<<a>>", "<(a|b)>", "1", "é", "<", "<*>", "<>"], 4);

export const regexCases = [
  ...sample(fc.tuple(pattern, subject, limit), 160, 1).map(([p, s, n]) => `regex.find_n(${text(p)}, ${text(s)}, ${n})`),
  ...sample(fc.tuple(pattern, subject), 120, 2).map(([p, s]) => `regex.split(${text(p)}, ${text(s)})`),
  ...sample(fc.tuple(pattern, subject, replacement), 200, 3).map(([p, s, r]) => `regex.replace(${text(s)}, ${text(p)}, ${text(r)})`),
  ...sample(fc.tuple(glob, glob), 220, 4).map(([a, b]) => `regex.globs_match(${text(a)}, ${text(b)})`),
  ...sample(fc.tuple(template, subject), 80, 5).map(([p, s]) => `regex.template_match(${text(p)}, ${text(`urn:${s}`)}, "<", ">")`),
  ...sample(fc.tuple(template, subject), 30, 6).map(([p, s]) => `regex.template_match(${text(p)}, ${text(s)}, "{", "}")`),
  ...['"a", "a", "<<", ">"', '"a", "a", "é", ">"', '"urn:foo:{.*}", "urn:foo:bar:baz", "{", "}"', '"|a|", "a", "|", "|"'].map(
    (args) => `regex.template_match(${args})`,
  ),
  ...['regex.find_n("a", "aaa", 1.0)', 'regex.find_n("a", "aaa", opaque(1.5))', 'regex.find_n(opaque(1), "a", 1)'],
  ...['regex.split("a", opaque(null))', 'regex.replace(opaque([]), "a", "b")', 'regex.split("", "aé")', 'regex.split(",", "")'],
];
