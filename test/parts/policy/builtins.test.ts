import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { compilePolicy } from "../../../src/parts/policy/compiled-policy.ts";
import { Evaluator } from "../../../src/parts/policy/evaluator.ts";
import { type ExactJson, memberAt, parseExact, writeExact } from "../../../src/parts/policy/exact-json.ts";
import { entrypoints } from "../../../src/parts/policy/index.ts";
import { buildModule, evalText, opaIsMissing } from "./opa.ts";
import { library, limits } from "./policies.ts";

const text = (value: string): string => JSON.stringify(value);
const sample = <T>(arbitrary: fc.Arbitrary<T>, count: number, seed: number): T[] => fc.sample(arbitrary, { numRuns: count, seed });

const zones = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia", ""];
const layouts = [
  ...["ANSIC", "UnixDate", "RubyDate", "RFC822", "RFC822Z", "RFC850", "RFC1123", "RFC1123Z", "RFC3339", "RFC3339Nano"],
  ...[
    "2006-01-02",
    "02.01.2006 15:04:05.000",
    "Jan _2, 2006 at 3:04pm (-07:00)",
    "Monday 2 January 06 03:04:05 PM",
    "002 __2 Z07 Z0700 -07",
  ],
  ...["15h04m05.999999s", "2006-1-2T15:4:5,000Z07:00:00", "_2006 Janet Monkey", "20060102150405"],
];
const moments = [
  ...[0n, 1n, -1n, 1_767_776_400_123_456_789n, 1_774_746_000_000_000_000n, 1_761_440_400_000_000_000n, -2_208_988_800_000_000_000n],
  ...[951_782_400_000_000_000n, 9_223_372_036_854_775_807n, -9_223_372_036_854_775_808n, 1_700_000_000_120_000_000n],
];
const someMoments = sample(fc.bigInt({ min: -(2n ** 62n), max: 2n ** 62n }), 12, 7);

const timeExpressions = [
  ...moments.flatMap((ns) => [`time.date(${ns})`, `time.clock(${ns})`, `time.weekday(${ns})`, `time.format(${ns})`]),
  ...zones.flatMap((zone) => moments.slice(0, 6).map((ns) => `time.clock([${ns}, ${text(zone)}])`)),
  ...zones.flatMap((zone) => someMoments.map((ns) => `time.format([${ns < 0n ? -ns : ns}, ${text(zone)}, "RFC3339Nano"])`)),
  ...layouts.map((layout) => `time.format([1767776400123456789, "UTC", ${text(layout)}])`),
  ...layouts
    .filter((layout) => !/MST|UnixDate|RFC822$|RFC850|RFC1123$/.test(layout))
    .map((layout) => `time.format([1000000000000000000, "Asia/Kolkata", ${text(layout)}])`),
  ...["[1, 0, 0]", "[0, 1, 0]", "[0, 0, 1]", "[-1, -13, 40]", "[0, 1, -31]"].map(
    (steps) => `time.add_date(json.unmarshal("[1774746000000000000, \\"Europe/Berlin\\"]"), ${steps.slice(1, -1)})`,
  ),
  ...["2026, 0, 0", "400, 0, 0"].map((steps) => `time.add_date(1767776400123456789, ${steps})`),
  ...someMoments.slice(0, 6).map((ns) => `time.diff(${ns}, 1767776400123456789)`),
  'time.diff([1709164800000000000, "America/New_York"], [1740787200000000000, "Asia/Kolkata"])',
  "time.diff(1769817600000000000, 1772236800000000000)",
  ...["2026-01-07T09:00:00Z", "2026-01-07T09:00:00.123456789+02:30", "2026-02-29T00:00:00Z", "2026-01-07", "2026-01-07t09:00:00z"].map(
    (value) => `time.parse_rfc3339_ns(${text(value)})`,
  ),
  ...["2024-02-29T23:59:59.1234567899Z", "2026-13-01T00:00:00Z", "3026-01-01T00:00:00Z", "2026-01-07T24:00:00Z", ""].map(
    (value) => `time.parse_rfc3339_ns(${text(value)})`,
  ),
  ...[
    ["2006-01-02", "2026-01-07"],
    ["2006-01-02", "2026-02-30"],
    ["RFC1123Z", "Wed, 07 Jan 2026 10:00:00 +0100"],
    ["RFC3339", "2026-01-07T10:00:00+01:00"],
    ["02 January 2006 3:04 PM", "07 january 2026 11:05 PM"],
    ["2006-01-02 15:04:05", "2026-01-07 10:00:00.25"],
    ["2006 002", "2024 366"],
    ["06-1-2", "68-1-2"],
    ["06-1-2", "69-1-2"],
    ["15:04", "10:05 "],
    ["UnixDate", "Wed Jan  7 10:00:00 UTC 2026"],
    ["2006-01-02T15:04:05.000Z", "2026-01-07T10:00:00.120Z"],
  ].map(([layout = "", value = ""]) => `time.parse_ns(${text(layout)}, ${text(value)})`),
  ...[
    "1h",
    "1h30m",
    "-1.5h",
    "300ms",
    "1us",
    "1µs",
    "0",
    "+0",
    "1d",
    "2w1d",
    "1y",
    "1.5d",
    "1d2h3m4s5ms6us7ns",
    ".5s",
    "1.s",
    "",
    "h",
    "1",
    "1x",
  ].map((value) => `time.parse_duration_ns(${text(value)})`),
  ...["9223372036s", "9223372037s", "0.1s", "0.000000001s", "1.0000000015s", "1 h", "--1s", "1h-1m"].map(
    (value) => `time.parse_duration_ns(${text(value)})`,
  ),
  ...sample(
    fc.tuple(fc.integer({ min: 0, max: 9999 }), fc.integer({ min: 0, max: 999_999 }), fc.constantFrom("ms", "s", "m", "h")),
    20,
    3,
  ).map(([whole, fraction, unit]) => `time.parse_duration_ns("${whole}.${fraction}${unit}")`),
  'time.clock([0, "Nowhere/Land"])',
  'time.clock(json.unmarshal("[]"))',
  "time.date(9223372036854775808)",
];

const floats = [
  0.5, 1.5, 2.5, 0.125, 0.375, 1e-5, 123.456, 1e20, 1.5e21, 0.1, 2.71, -2.5, -0.125, 1e-7, 12345.678, 123456.5, 1234567.5, 1e5, 1e6, 1e8,
  123456789.0, 1e15, 0.0001, 0.00012,
];
const someFloats = sample(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e25, max: 1e25 }), 25, 11).filter(
  (value) => !Number.isInteger(value),
);
const wild = sample(fc.string({ unit: "binary", maxLength: 8 }), 25, 5).map((value) =>
  value.toWellFormed().replace(/[\u{30000}-\u{3ffff}]/gu, ""),
);

const sprintfExpressions = [
  ...['"%s", ["a"]', '"%d", [5]', '"%v", [5]', '"%x", [255]', '"%x", [-255]', '"%x", ["hi"]', '"%q", ["a\\"b\\n"]', '"100%%", []'],
  ...[
    '"%d %s", [1, "x"]',
    '"%v", [["a", 1, null, true]]',
    '"%v", [{"b": 1, "a": [2]}]',
    '"%v", [{2, 1, "x"}]',
    '"%v", [set()]',
    '"%v", [{}]',
  ],
  ...[
    '"%v", [{1: "a"}]',
    '"%s", [true]',
    '"%s", [null]',
    '"%s", [["é", "\\u0001"]]',
    '"%q", [true]',
    '"%5d|%-5d|%05d|%+d|% d", [42, 42, -42, 42, 42]',
  ],
  ...['"%8s|%-8s|%.2s", ["é", "é", "éàü"]', '"%d", [123456789012345678901234567890]', '"%x", [123456789012345678901234567890]'],
  ...[
    '"%v", [1.0]',
    '"%v", [1e3]',
    '"%v", [0.0]',
    '"%8.3f|%-8.1f|%+.2f|%08.2f", [1.5, 2.25, 3.125, -4.375]',
    '"no verbs", []',
    '"%q", ["\\u00a0\\u200b\\u2028"]',
  ],
  ...floats.flatMap((value) => [0, 1, 2, 6].map((digits) => `"%.${digits}f", [${literal(value)}]`)),
  ...floats.map((value) => `"%f %v", [${literal(value)}, ${literal(value)}]`),
  ...someFloats.map((value) => `"%.3f %v", [${literal(value)}, ${literal(value)}]`),
  ...wild.flatMap((value) => [`"%q", [${text(value)}]`, `"%s", [[${text(value)}]]`, `"%x", [${text(value)}]`]),
].map((args) => `sprintf(${args})`);

/** A float as Rego writes it: never without a point or an exponent. */
function literal(value: number): string {
  const written = String(value);
  return /[.e]/.test(written) ? written : `${written}.0`;
}

const versions = [
  "1.0.0",
  "1.0.0-alpha",
  "1.0.0-alpha.1",
  "1.0.0-alpha.beta",
  "1.0.0-beta.2",
  "1.0.0-beta.11",
  "1.0.0-rc.1+b",
  "v2.1.3",
  "01.0.0",
  "1.0",
  "1.0.0-01",
  "x",
  "1.2.3+a..b",
];
const amounts = [
  "10",
  "10kb",
  "1.5MiB",
  "0.1kb",
  "1.1gb",
  "2Ei",
  "1e3",
  "1e3kb",
  "-5k",
  "+5k",
  ".5m",
  "5.",
  "100Q",
  "",
  "kb",
  "1 kb",
  '\\"10kb\\"',
  "0.001k",
  "1.0005kb",
  "16777217.9b",
];
const someAmounts = sample(
  fc.tuple(fc.nat(999_999), fc.nat(999_999), fc.constantFrom("", "k", "Ki", "M", "Mi", "G", "Gi", "T")),
  40,
  13,
).map(([a, b, unit]) => `${a}.${b}${unit}`);

const otherExpressions = [
  ...versions.flatMap((a) => [
    `semver.is_valid(${text(a)})`,
    `semver.compare(${text(a)}, "1.0.0-beta.3")`,
    `semver.compare("1.0.0", ${text(a)})`,
  ]),
  ...[...amounts, ...someAmounts, "100m", "1500m", "0.5m", "3K", "2E"].flatMap((value) => [
    `units.parse_bytes("${value}")`,
    `units.parse("${value}")`,
  ]),
  ...["a", "", "é\\n"].flatMap((value) => [
    `crypto.sha256("${value}")`,
    `crypto.sha1("${value}")`,
    `crypto.md5("${value}")`,
    `hex.encode("${value}")`,
  ]),
  ...["md5", "sha1", "sha256", "sha512"].map((algorithm) => `crypto.hmac.${algorithm}("message", "kéy")`),
  ...[
    'crypto.hmac.equal("a", "a")',
    'crypto.hmac.equal("a", "ab")',
    'hex.decode("6869")',
    'hex.decode("6")',
    'hex.decode("zz")',
    'base64url.encode_no_pad("a?>b")',
  ],
  ...["a b&c=d/é~*'()!", "", "%41+b", "%zz", "a%"].flatMap((value) => [
    `urlquery.encode(${text(value)})`,
    `urlquery.decode(${text(value)})`,
  ]),
  ...[
    'urlquery.encode_object({"b": ["2", "1"], "a": "x y"})',
    'urlquery.encode_object({"a": {"3", "4"}})',
    'urlquery.encode_object(json.unmarshal("{\\"a\\": 1}"))',
  ],
  ...["a=1&b=2&a=3", "a", "=b", "a=b=c", "", "a=%zz", "a;b=1", "x+y=%20"].map((value) => `urlquery.decode_object(${text(value)})`),
  ...[
    'strings.any_prefix_match("abc", ["b", "ab"])',
    'strings.any_prefix_match(["x", "abc"], {"ab"})',
    'strings.any_prefix_match({"x"}, "y")',
  ],
  ...['strings.any_suffix_match("abc", "bc")', 'strings.any_suffix_match(["a", "b"], {"c"})', 'strings.any_prefix_match("é", "")'],
  ...[
    'strings.count("cheese", "e")',
    'strings.count("aaa", "aa")',
    'strings.count("é€", "")',
    'indexof_n("sad", "a")',
    'indexof_n("aaa", "aa")',
    'indexof_n("é€é", "é")',
    'indexof_n("a", "")',
  ],
  ...["2", "0", "-1", "-5", "9"].map((n) => `strings.split_n("a,b,c", ",", ${n})`),
  ...[
    'strings.split_n("abc", "", 2)',
    "numbers.range_step(0, 10, 3)",
    "numbers.range_step(10, 0, 4)",
    "numbers.range_step(1, 1, 1)",
    "numbers.range_step(0, 5, 0)",
  ],
  ...[
    'object.subset({"a": {"b": 1, "c": 2}}, {"a": {"b": 1}})',
    'object.subset({"a": 1}, {"a": 2})',
    "object.subset({1, 2}, {2})",
    "object.subset([1, 2, 3], [2, 3])",
    "object.subset([1, 2, 3], [1, 3])",
  ],
  ...[
    'object.subset({"a": [1, 2]}, {"a": [2]})',
    "object.subset([1, 1, 2], [1, 2])",
    "object.subset([1], [])",
    'object.subset({"a": {1, 2}}, {"a": {1}})',
    'object.subset({"a": 1}, {"a": {"b": 1}})',
  ],
  ...['glob.quote_meta("*.github.com")', 'glob.quote_meta("a?[b]{c}\\\\")'],
  ...["10.0.0.0/8", "10.0.0.1/33", "::/0", "fe80::1%eth0/64", "10.0.0.0", "10.0.0.0/08", "::ffff:1.2.3.4/96", "1.2.3/8"].map(
    (value) => `net.cidr_is_valid(${text(value)})`,
  ),
];

/** Objects have no order, and the two evaluators print theirs differently. */
function canonical(value: ExactJson): string {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return writeExact(value);
  return writeExact(Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))));
}

const expressions = [...timeExpressions, ...sprintfExpressions, ...otherExpressions];

describe.skipIf(opaIsMissing)("host built-ins", () => {
  let native: ExactJson;
  let evaluator: Evaluator;

  beforeAll(async () => {
    const rules = expressions.map((expression, index) => `r["${index}"] := v if v := ${expression}`);
    const output = parseExact(await evalText({ "native.rego": `package t\n\n${rules.join("\n")}\n` }, "data.t.r"));
    native = memberAt(output, ["result", "0", "expressions", "0", "value"]) ?? null;
    // Each case asks for one expression only, because one that fails turns the whole evaluation into a failure.
    const cases = expressions.map((expression, index) => `answer := v if {\n\tinput.n == ${index}\n\tv := ${expression}\n}`);
    const wasm = await buildModule(library({ decide: `decide := {"value": answer}` }, cases.join("\n")), entrypoints);
    const compiled = await compilePolicy({ wasm, data: "{}" }, limits);
    if (!compiled.ok) throw new Error(compiled.error.detail);
    evaluator = new Evaluator(compiled.value);
  });

  function ours(index: number): string {
    const result = evaluator.evaluate("toolgate/decide", JSON.stringify({ n: index }));
    if (!result.ok) return result.error.code;
    const value = memberAt(parseExact(result.value), ["0", "result", "value"]);
    return value === undefined ? "undefined" : canonical(value);
  }

  it("answer exactly as opa eval does, and raise exactly where it raises", () => {
    const different: string[] = [];
    for (const [index, expression] of expressions.entries()) {
      const wanted = memberAt(native, [String(index)]);
      const expected = wanted === undefined ? "policy.builtin_error" : canonical(wanted);
      const found = ours(index);
      if (found !== expected) different.push(`${expression}: opa ${expected}, ours ${found}`);
    }
    expect(different).toEqual([]);
    expect(Object.keys(native ?? {}).length).toBeGreaterThan(400);
  });
});
