import fc from "fast-check";
import { sample, text } from "./sampling.ts";

/** The errors of one object stand in no order of their own in OPA, which goes through maps: compared sorted. */
export const matched = (document: string, schema: string): string => {
  const call = `json.match_schema(opaque(${document}), opaque(${schema}))`;
  return `[${call}[0], sort(${call}[1])]`;
};
const verified = (schema: string): string => `json.verify_schema(opaque(${schema}))`;

const names = fc.constantFrom("a", "b", "ab", "é", "id", "1");
const words = fc.constantFrom("", "a", "ab", "abc", "😀", "é1", "2024-02-29", "10.0.0.1", "http://a/b", "<&>", "ſ", "12:00:00Z");
const numbers = fc.constantFrom(0, 1, 2, 3, -1, 0.5, 1.5, 2.25, 1e6, 1e-5, 123456789, 9007199254740991, 100000, 0.1);
const counts = fc.nat(3);

const { value: document } = fc.letrec((again) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof(words, numbers, fc.boolean(), fc.constant(null)),
    fc.array(again("value"), { maxLength: 3 }),
    fc.dictionary(names, again("value"), { maxKeys: 3 }),
  ),
}));

const types = ["array", "boolean", "integer", "number", "null", "object", "string"];
const type = fc.oneof(fc.constantFrom(...types), fc.uniqueArray(fc.constantFrom(...types), { maxLength: 3 }));
const pattern = fc.constantFrom("^a", "b$", "^[a-z]+$", "\\d", "(?i)AB", ".", "é|1");
const format = fc.constantFrom(
  ...["date", "time", "date-time", "hostname", "ipv4", "ipv6", "uri", "uri-reference", "iri", "uri-template", "uuid", "regex"],
  ...["json-pointer", "relative-json-pointer", "unknown"],
);

const { schema } = fc.letrec((again) => ({
  schema: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    { weight: 3, arbitrary: fc.record({ type }, { requiredKeys: [] }) },
    { weight: 1, arbitrary: fc.constantFrom<unknown>(true, false, { $ref: "#/definitions/a" }, { $ref: "#/definitions/b" }) },
    {
      weight: 4,
      arbitrary: fc.record(
        {
          type,
          const: document,
          enum: fc.uniqueArray(fc.oneof(words, numbers), { maxLength: 3, minLength: 1 }),
          multipleOf: fc.constantFrom(1, 2, 0.1, 0.5, 1e6, 0.00001, 1.5),
          minimum: numbers,
          maximum: numbers,
          exclusiveMinimum: numbers,
          exclusiveMaximum: numbers,
          minLength: fc.nat(1),
          maxLength: fc.integer({ min: 1, max: 3 }),
          pattern,
          format,
        },
        { requiredKeys: [] },
      ),
    },
    {
      weight: 5,
      arbitrary: fc.record(
        {
          properties: fc.dictionary(names, again("schema"), { maxKeys: 3 }),
          patternProperties: fc.dictionary(pattern, again("schema"), { maxKeys: 2 }),
          additionalProperties: again("schema"),
          propertyNames: again("schema"),
          required: fc.uniqueArray(names, { maxLength: 2 }),
          minProperties: fc.nat(1),
          maxProperties: fc.integer({ min: 1, max: 3 }),
          dependencies: fc.dictionary(names, fc.oneof(again("schema"), fc.uniqueArray(names, { maxLength: 2, minLength: 1 })), {
            maxKeys: 2,
          }),
          items: fc.oneof(again("schema"), fc.array(again("schema"), { maxLength: 2 })),
          additionalItems: again("schema"),
          contains: again("schema"),
          uniqueItems: fc.boolean(),
          minItems: counts,
          maxItems: counts,
        },
        { requiredKeys: [] },
      ),
    },
    {
      weight: 3,
      arbitrary: fc.record(
        {
          anyOf: fc.array(again("schema"), { maxLength: 3 }),
          oneOf: fc.array(again("schema"), { maxLength: 3 }),
          allOf: fc.array(again("schema"), { maxLength: 3 }),
          not: again("schema"),
          if: again("schema"),
          // biome-ignore lint/suspicious/noThenProperty: a keyword of schemas
          then: again("schema"),
          else: again("schema"),
        },
        { requiredKeys: [] },
      ),
    },
  ),
}));

const drafts = [undefined, undefined, "http://json-schema.org/draft-06/schema#", "http://json-schema.org/draft-07/schema"] as const;
const definitions = { a: { type: "string", maxLength: 2 }, b: { items: { $ref: "#/definitions/b" }, minItems: 1 } };
const root = fc
  .tuple(schema, fc.constantFrom(...drafts))
  .map(([one, draft]) =>
    typeof one === "object" && one !== null
      ? { ...one, definitions, ...(draft === undefined ? {} : { $schema: draft }) }
      : { allOf: [one], definitions },
  );
const holder = fc.oneof(fc.dictionary(names, document, { maxKeys: 4 }), fc.array(document, { maxLength: 4 }));

/** Values of each kind at once, so that a schema meets what it says something about. */
const asValue = (value: unknown): string => JSON.stringify(value);
const asText = (value: unknown): string => text(JSON.stringify(value));

const person = {
  type: "object",
  required: ["name", "age"],
  properties: { name: { type: "string", minLength: 2 }, age: { type: "integer", minimum: 18 }, boss: { $ref: "#" } },
  additionalProperties: false,
};
const draft4 = { $schema: "http://json-schema.org/draft-04/schema#" };

const pairs: readonly (readonly [unknown, unknown])[] = [
  [{ name: "a", age: 17, boss: { name: "ann", age: 40, boss: { nme: 1 } } }, person],
  [{ name: "ann", age: 18 }, person],
  [{ a: 1 }, { ...draft4, properties: { a: { minimum: 1, exclusiveMinimum: true } } }],
  [{ a: 2 }, { ...draft4, properties: { a: { maximum: 1, const: 1, contains: 1, if: 3 } } }],
  [{ a: 2 }, { properties: { a: { minimum: 2, exclusiveMinimum: true, maximum: 5, exclusiveMaximum: false } } }],
  [{ a: "x" }, { definitions: { "a b": { type: "null" }, "c~/": false }, properties: { a: { $ref: "#/definitions/a%20b" } } }],
  [{ a: "x" }, { definitions: { "c~/": false }, properties: { a: { $ref: "#/definitions/c~0~1" } } }],
  [{ a: "x" }, { $id: "http://example.com/a.json", definitions: { n: false }, properties: { a: { $ref: "#/definitions/n" } } }],
  [
    { a: "x" },
    { id: "http://example.com/a/", definitions: { n: false }, properties: { a: { $ref: "http://example.com/a/#/definitions/n" } } },
  ],
  [{ a: "x" }, { $id: "urn:example:a", definitions: { n: false }, properties: { a: { $ref: "#/definitions/n" } } }],
  [{ a: "x" }, { $id: "tool", definitions: { n: false }, properties: { a: { $ref: "#/definitions/n" }, b: { $ref: "#" } } }],
  [{ a: "x" }, { $id: "http://example.com#", definitions: { n: false }, properties: { a: { $ref: "#/definitions/n" } } }],
  [
    { a: [1, [2, ["x"]]] },
    {
      definitions: { l: { items: { anyOf: [{ type: "integer" }, { $ref: "#/definitions/l" }] }, type: "array" } },
      properties: { a: { $ref: "#/definitions/l" } },
    },
  ],
  [{ a: 1 }, { properties: { a: { $ref: "#/definitions/x/anyOf/1" } }, definitions: { x: { anyOf: [true, { type: "null" }] } } }],
  [{ a: 1 }, { $ref: "#/definitions/x", properties: { a: { type: "null" } }, definitions: { x: { required: ["b"] } } }],
  [[1, "1", 1.0, 2, "1"], { uniqueItems: true }],
  [
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    { uniqueItems: true },
  ],
  [{ $ref: 1, "a.b": { c: 1 } }, { properties: { $ref: { type: "string" }, "a.b": { properties: { c: false } } } }],
  [{ a: 5 }, { properties: { a: { enum: [] } } }],
  [
    { a: 1, b: 1 },
    { $schema: "https://json-schema.org/draft/2020-12/schema", properties: { a: { const: 2 } }, unevaluatedProperties: false },
  ],
  [{ a: 0.3 }, { properties: { a: { multipleOf: 0.1, maximum: 0.29999, minimum: 1234567.5, exclusiveMaximum: -0.0000125 } } }],
  [{ a: 3 }, { properties: { a: { maximum: -1e21, exclusiveMaximum: 1e-7, minimum: 100, exclusiveMinimum: 1000000 } } }],
  [{ a: "ab" }, { properties: { a: { contentEncoding: "base64", examples: 3, default: "x", $comment: 1 } } }],
  [
    { __proto__: 1, constructor: 2 },
    { properties: { toString: { type: "null" } }, additionalProperties: false, required: ["valueOf"] },
  ],
];

const formatted: Readonly<Record<string, readonly string[]>> = {
  "date-time": [
    "2024-02-30T00:00:00Z",
    "2024-02-29T23:59:60Z",
    "2024-02-29T1:02:03Z",
    "2024-02-29 01:02:03Z",
    "2024-02-29T01:02:03.123+01:00",
    "23:00:00",
    "2024-01-01",
    "2024-01-01T00:00:00",
    "9999-12-31T23:59:59Z",
    "",
  ],
  date: ["2024-02-29", "2023-02-29", "2024-2-9", "0000-01-01", "2024-01-01T00:00:00Z"],
  time: ["24:00:00", "23:59:59", "1:00:00", "12:00:00+25:00", "12:00:00.5Z", "12:00:00z"],
  hostname: ["a", "a-b.c", "-a", "a-", "a..b", "a.", "é", "a_b", "1.2", `${"a".repeat(63)}.b`, "a".repeat(64), ""],
  email: ["a", "", "a@b", "a.b+c@d-e.example"],
  "idn-email": ["a@b.c", "none"],
  ipv4: ["1.2.3.4", "01.2.3.4", "1.2.3", "::ffff:1.2.3.4", "::1", "256.1.1.1", "1.2.3.4%1"],
  ipv6: ["::1", "::ffff:1.2.3.4", "fe80::1%en0", "1.2.3.4", ":::", "1:2:3:4:5:6:7:8:9"],
  uri: ["http://a", "a:b", "//a", "a", "http://a\\b", "http://[::1", "%zz", "http://a b/", "urn:a", ""],
  iri: ["http://é", "é"],
  "uri-reference": ["a/b", "a\\b", "%", ":a", "#f", ""],
  "uri-template": ["/a/{b}", "/a/{b", "/a}/{b}{{c}", "/{a{b}", "{\n}", "http://{a}/", "/%7B", "/%7B%7D", ""],
  uuid: ["2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2EB8AA08-AA98-11EA-B4AA-73B441D16380", "2eb8aa08aa9811eab4aa73b441d16380", "x"],
  regex: ["", "(", "a**", "(?=a)", "a{1001}", "\\d+", "[[:alpha:]]", "\\Z"],
  "json-pointer": ["", "/", "/a~0~1", "/a~2", "a", "/a/\n"],
  "relative-json-pointer": ["0", "01", "1#", "2/a", "/a", "", "0##"],
};

/** One mistake each: which of two is told OPA leaves to chance. */
const mistaken: readonly unknown[] = [
  [],
  "",
  "x",
  "[",
  "true",
  "3",
  '{"type": "null"}',
  "null",
  {},
  [1],
  ...[3, "strin", ["string", "string"], ["string", 1], "any", {}].map((type) => ({ type })),
  ...["id", "$id", "$ref", "title", "description", "format", "pattern"].map((key) => ({ [key]: 1 })),
  ...["definitions", "properties", "patternProperties", "dependencies"].map((key) => ({ [key]: 1 })),
  ...["definitions", "properties", "patternProperties", "dependencies"].map((key) => ({ [key]: { a: 1 } })),
  ...["additionalProperties", "propertyNames", "items", "additionalItems", "contains", "not", "if", "then", "else"].map((key) => ({
    [key]: 1,
  })),
  ...["anyOf", "allOf", "oneOf"].flatMap((key) => [{ [key]: {} }, { [key]: [1] }, { [key]: [] }]),
  ...["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"].flatMap((key) =>
    [-1, 1.5, "1", 1e30, 0, 1e2].map((count) => ({ [key]: count })),
  ),
  ...["minLength", "minItems", "minProperties"].map((key) => ({ [key]: 3, [key.replace("min", "max")]: 2 })),
  ...["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"].map((key) => ({ [key]: "1" })),
  ...["exclusiveMinimum", "exclusiveMaximum"].flatMap((key) => [{ [key]: true }, { [key]: 1, ...draft4 }, { [key]: true, ...draft4 }]),
  ...["06", "07"].map((draft) => ({ $schema: `http://json-schema.org/draft-${draft}/schema#`, minimum: 1, exclusiveMinimum: true })),
  { multipleOf: 0 },
  { multipleOf: -1 },
  { required: "a" },
  { required: [1] },
  { required: ["a", "a"] },
  { uniqueItems: 1 },
  { enum: 1 },
  { enum: [1, 1.0] },
  { enum: [] },
  { const: null },
  { items: [1] },
  { items: [] },
  { pattern: "(" },
  { patternProperties: { "(": {} } },
  { pattern: "(?!a)" },
  { dependencies: { a: [1] } },
  { dependencies: { a: [] } },
  { $schema: 1 },
  { $schema: "x" },
  ...["#/a", "#/definitions/x/9", "#/definitions/x/z", "#/definitions/x/-1", "#/title/x", "#/title", "#/definitions/y"].map(($ref) => ({
    $ref,
    title: "t",
    definitions: { y: { type: "null" } },
    ...($ref.includes("/x") ? { x: 1, properties: {} } : {}),
  })),
  { ...draft4, properties: { a: true } },
  { ...draft4, items: true },
  { ...draft4, additionalProperties: true },
  { ...draft4, $id: 1 },
  { $schema: "http://json-schema.org/draft-07/schema#", id: 1 },
  { id: "a", $id: 1 },
  { properties: { id: { type: "string" } } },
];

const odd = [
  'json.match_schema("{", {})',
  "json.match_schema(opaque(1), {})",
  "json.match_schema({}, opaque(null))",
  'json.match_schema({}, "[")',
  'json.match_schema({}, {"type": 1})',
  'json.match_schema("1", {"type": "string"})',
  'json.match_schema("1.0", {"type": "integer"})',
  'json.match_schema("\\"\\\\ud800\\"", {"const": "\\ufffd"})',
  'json.match_schema("{\\"a\\": 1, \\"a\\": \\"x\\"}", {"properties": {"a": {"type": "string"}}})',
  'json.match_schema("[1e2, 100, 1.50, 1.5]", {"uniqueItems": true})',
  matched('{1: "x", {2}: 3}', '{"additionalProperties": {"type": "null"}, "required": ["[2]"]}'),
  'json.match_schema(opaque([{3, 1, 2}]), {"items": {"items": [{"const": 1}, {"const": 2}, {"const": 4}]}})',
  'json.match_schema(" {} ", opaque(true))',
  'json.match_schema("{}", "false")',
  'json.verify_schema("false")',
  "json.verify_schema(opaque(1))",
  'json.verify_schema(" {\\"type\\":\\t\\"null\\"}\\n")',
  'json.verify_schema("{} x")',
  'json.verify_schema("\\ufeff{}")',
];

export const schemaCases = [
  ...sample(fc.tuple(holder, root), 330, 1).map(([one, other]) => matched(asValue(one), asText(other))),
  ...sample(fc.tuple(document, root), 60, 2).map(([one, other]) => matched(asText(one), asText(other))),
  ...pairs.map(([one, other]) => matched(asText(one), asValue(other))),
  ...Object.entries(formatted).flatMap(([name, texts]) => [
    matched(asValue(texts), asValue({ items: { format: name } })),
    matched(asValue([1, null, {}, []]), asValue({ items: { format: name } })),
  ]),
  ...mistaken.map((one) => verified(asValue(one))),
  ...mistaken.slice(20, 50).map((one) => matched("{}", asValue(one))),
  ...odd,
];
