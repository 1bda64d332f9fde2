import fc from "fast-check";
import { sample, text } from "./sampling.ts";

const args = fc.constantFrom(
  ...['"ab"', '"é€\\n\\u0001"', '"`"', "5", "-5", "0", "255", "1.5", "-2.5e10", "1e-7", "123456.789", "0.0", "1.0", '""', "1e400"],
  ...["12345678901234567890123", "-12345678901234567890123", "true", "null", '[1, "a"]', '{"k": 2}', "{3}", "9007199254740993"],
  ...["1114112", "128512", "55296", "65", "2.5", "0.000012345", "1e21", "100000.0", "1e6", "set()", "{}", '{"a": {1, [2]}}'],
);
const verbs = [..."vdxXsqobOceEfFgGUtT%", "é", "!", "z"];
const directive = fc
  .tuple(
    fc.array(fc.constantFrom(..."#0+- "), { maxLength: 2 }).map((flags) => flags.join("")),
    fc.constantFrom("", "", "[1]", "[2]", "[9]", "[x]", "["),
    fc.constantFrom("", "", "3", "12", "*", "20"),
    fc.constantFrom("", "", ".", ".0", ".1", ".3", ".10", ".*", ".25"),
    fc.constantFrom("", "", "", "[1]"),
    fc.constantFrom(...verbs),
  )
  .map((parts) => `%${parts.join("")}`);
const one = fc.tuple(directive, args).map(([format, arg]) => `sprintf(${text(format)}, [${arg}])`);
const many = fc
  .tuple(fc.array(fc.oneof(directive, fc.constantFrom("x", " ", "é", "%")), { maxLength: 4 }), fc.array(args, { maxLength: 3 }))
  .map(([format, list]) => `sprintf(${text(format.join(""))}, [${list.join(", ")}])`);

/** Widths taken from an argument: the large ones are refused (see the exceptions). */
const large = /\*.*\b(?:1114112|128512|55296|100|255)\b/;

export const formatCases = [
  ...sample(one, 500, 1),
  ...sample(many, 300, 2),
  ...["%p", "%w", "%#w", "%+w"].flatMap((format) => ["1", '"a"', "1.5"].map((arg) => `sprintf("${format}", [${arg}])`)),
  ...["%20000000d", "%[1]", "%[1", "%", "%5", "%.", "%-"].map((format) => `sprintf("${format}", [1])`),
  "sprintf(opaque(1), [])",
  'sprintf("%d", opaque("a"))',
  'sprintf("%d", opaque({1}))',
  'sprintf("%s %s", [json.unmarshal("-0"), json.unmarshal("-0.0")])',
].filter((expression) => !large.test(expression));
