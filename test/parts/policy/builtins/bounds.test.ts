import { describe, expect, it } from "vitest";
import { BuiltinError, type HostContext, hostBuiltins } from "../../../../src/parts/policy/builtins/index.ts";
import { numberOf, type Value } from "../../../../src/parts/policy/builtins/value.ts";

const context: HostContext = { nowNs: () => 0n };
const many = (count: number, item: (index: number) => Value): Value[] => Array.from({ length: count }, (_, index) => item(index));
const long = "a".repeat(16_000);
const everyone = many(12, (index) => `n${index}`);
const complete = { entries: everyone.map((node) => [node, everyone] as const) };
const copies = many(40, (index) => ({
  entries: [
    ["op", "copy"],
    ["from", ""],
    ["path", `/k${index}`],
  ] as const,
}));

/** Arguments of a few kilobytes that ask for more time or memory than a decision may take. */
/** A schema or a document as a policy gives it. */
const json = (value: unknown): string => JSON.stringify(value);
const twice = Array.from(
  { length: 50 },
  (_, at) => [`d${at}`, { anyOf: [1, 2].map(() => ({ $ref: `#/definitions/d${at + 1}` })) }] as const,
);
const nested = Array.from({ length: 90 }).reduce<unknown>((items) => ({ items, allOf: Array.from({ length: 20 }, () => ({})) }), {});
const deeper = (levels: number): unknown => Array.from({ length: levels }).reduce((inner) => [inner], 1 as unknown);

const attacks: readonly (readonly [string, string, readonly Value[]])[] = [
  ["a field wider than a message", "sprintf", ["%100000d", [numberOf(1)]]],
  ["fields that add up", "sprintf", ["%1000d".repeat(400), many(400, numberOf)]],
  ["a search that looks at the whole rest of the text for each letter", "regex.find_n", [".*b|a", long, numberOf(-1)]],
  ["the same with groups", "regex.split", ["(.*)(.*)(.*)b|a", long]],
  ["a long program on a long text", "regex.replace", [long, "(?:a|aa){1,500}b|a", "x"]],
  ["a replacement that multiplies", "regex.replace", [long, "a", "y".repeat(1000)]],
  ["a pattern of a hundred kilobytes", "regex.find_n", ["a".repeat(100_000), "a", numberOf(1)]],
  ["globs of a hundred kilobytes", "regex.globs_match", ["a*".repeat(50_000), "a"]],
  ["more addresses than memory", "net.cidr_expand", ["::/0"]],
  ["two lists that multiply", "net.cidr_contains_matches", [many(1000, () => "10.0.0.0/8"), many(1000, () => "10.0.0.1")]],
  ["a graph in which all point to all", "graph.reachable_paths", [complete, ["n0"]]],
  ["a document copied into itself", "json.patch", [{ entries: [["a", numberOf(1)]] }, copies]],
  [
    "an indent times the depth times the lines",
    "json.marshal_with_options",
    [many(500, numberOf), { entries: [["indent", " ".repeat(1000)]] }],
  ],
  ["a range of a million numbers", "numbers.range_step", [numberOf(0), numberOf(1_000_000), numberOf(1)]],
  ["an exponent that is a hundred thousand digits", "units.parse", ["1e99999"]],
  ["a layout of a hundred kilobytes", "time.format", [[numberOf(0), "UTC", "Monday ".repeat(20_000)]]],
  ["a key set of a thousand keys", "io.jwt.verify_rs256", ["e30.e30.e30", `{"keys":[${Array(1000).fill("{}").join(",")}]}`]],
  ["a schema that is itself, which ends an OPA process", "json.match_schema", ["{}", '{"$ref": "#"}']],
  ["a schema that tries itself", "json.match_schema", ["{}", '{"anyOf": [{"$ref": "#"}]}']],
  [
    "fifty schemas that each try the next one twice",
    "json.match_schema",
    ["{}", json({ $ref: "#/definitions/d0", definitions: { ...Object.fromEntries(twice), d50: { not: {} } } })],
  ],
  [
    "ninety references that each read what the ones before them read",
    "json.verify_schema",
    [json({ properties: { n: nested }, allOf: Array.from({ length: 90 }, (_, at) => ({ $ref: `#/properties/n${"/items".repeat(at)}` })) })],
  ],
  [
    "a thousand items that fail in ten ways",
    "json.match_schema",
    [json(Array.from({ length: 1000 }, () => ({}))), json({ items: { required: [..."abcdefghij"] } })],
  ],
  [
    "a name of a hundred kilobytes above three mistakes",
    "json.match_schema",
    [json({ [`${"a".repeat(100_000)}`]: { b: 1, c: 2, d: 3 } }), json({ additionalProperties: { additionalProperties: false } })],
  ],
  ["a document of five hundred levels", "json.match_schema", [json(deeper(500)), '{"items": {"$ref": "#"}}']],
  ["a schema of five hundred levels", "json.verify_schema", [json({ default: deeper(500) })]],
  ["a text of brackets", "json.match_schema", ["[".repeat(100_000) + "]".repeat(100_000), "{}"]],
  [
    "a slow pattern for each of a hundred texts",
    "json.match_schema",
    [json(Array.from({ length: 100 }, () => "a".repeat(1000))), json({ items: { pattern: "(a?){50}a{50}b" } })],
  ],
];

describe("a host built-in", () => {
  it.each(attacks)("raises instead of working for %s", (_what, name, args) => {
    expect(() => hostBuiltins.get(name)?.(context, ...args)).toThrow(BuiltinError);
  });

  it("answers a pair of globs that makes the original backtrack without end", () => {
    const stars = "a*b*".repeat(40);
    expect(hostBuiltins.get("regex.globs_match")?.(context, `${stars}c`, `${stars}d`)).toBe(false);
  });

  it("answers again after a search was stopped", () => {
    const find = hostBuiltins.get("regex.find_n");
    expect(() => find?.(context, ".*b|a", long, numberOf(-1))).toThrow(BuiltinError);
    expect(find?.(context, ".*b|a", "aab", numberOf(-1))).toEqual(["aab"]);
  });
});
