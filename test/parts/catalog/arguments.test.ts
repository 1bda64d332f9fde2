import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ArgumentChecks, schemaFaultCompiled } from "../../../src/parts/catalog/index.ts";

function check(schema: Record<string, unknown>) {
  return new ArgumentChecks().checkFor({ type: "object", ...schema });
}

const customer = {
  properties: {
    id: { type: "string", pattern: "^C-[0-9]+$" },
    limit: { type: "integer", minimum: 1, maximum: 10 },
    kind: { enum: ["private", "company"] },
    tags: { type: "array", items: { type: "string" }, uniqueItems: true },
    phones: { type: "object", additionalProperties: { type: "string" } },
  },
  required: ["id"],
  additionalProperties: false,
};

describe("arguments", () => {
  it("that fit the schema have no mistakes", () => {
    expect(check(customer)({ id: "C-1", limit: 3, kind: "private", tags: ["a"], phones: { "a@b.c": "1" } })).toEqual([]);
  });

  it("that do not fit are told by path and by what was wanted, never by value", () => {
    const secret = "DE02120300000000202051";
    const told = check(customer)({ id: secret, limit: 99, kind: secret, tags: [secret, 7], phones: { [secret]: 1 } });
    expect(told).toEqual([
      '/id: match pattern "^C-[0-9]+$"',
      "/limit: <= 10",
      '/kind: one of "private", "company"',
      "/tags/1: type string",
      "/phones/*: type string",
    ]);
    expect(check(customer)({ [secret]: 1 })).toEqual(["/id: required", ": no members beyond those of the schema"]);
  });

  it("get at most five mistakes", () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`p${at}`, { type: "string" }]));
    const args = Object.fromEntries(Object.keys(many).map((key) => [key, 1]));
    expect(check({ properties: many })(args)).toHaveLength(5);
  });

  it("that are large get only the first mistake", () => {
    expect(
      check({ properties: { list: { type: "array", items: { type: "string" } } } })({ list: Array.from({ length: 100_000 }, () => 1) }),
    ).toEqual(["/list/0: type string"]);
  });

  it("must be an object, and absent ones are not", () => {
    for (const args of [undefined, null, [], "x", 1]) expect(check({})(args)).toEqual([": type object"]);
  });

  it("do not meet a required member with what every object inherits", () => {
    expect(check({ required: ["constructor"] })({})).toEqual(["/constructor: required"]);
    expect(check({ properties: { toString: { type: "string" } } })({})).toEqual([]);
  });

  it("are refused when they are too long for a pattern that may backtrack, and checked when one pass decides", () => {
    const schema = { properties: { a: { pattern: "^[a-z]*[a-z0-9]*@$" }, b: { pattern: "^[a-z]+$" }, c: { pattern: "^[ab]{3}$" } } };
    const long = "a".repeat(4_000_000);
    expect(check(schema)({ a: `${"a".repeat(100)}@`, b: long, c: "aba" })).toEqual([]);
    expect(check(schema)({ a: `${long}@` })).toEqual(['/a: match pattern "^[a-z]*[a-z0-9]*@$"']);
  });

  it("are not changed by the check", () => {
    const args = { n: "1" };
    check({ properties: { n: { type: "integer" }, d: { default: 3 } } })(args);
    expect(args).toEqual({ n: "1" });
  });

  it("are checked by the dialect that the schema names", () => {
    const tuple = { properties: { pair: { type: "array", items: [{ type: "string" }] } } };
    const draft7 = { $schema: "http://json-schema.org/draft-07/schema#", type: "object", ...tuple };
    expect(schemaFaultCompiled(draft7)).toBeUndefined();
    expect(check(draft7)({ pair: [1] })).toEqual(["/pair/0: type string"]);
    expect(schemaFaultCompiled({ type: "object", ...tuple })).toMatch(/valid schema/);
    const prefix = { properties: { pair: { type: "array", prefixItems: [{ type: "string" }] } } };
    expect(check(prefix)({ pair: [1] })).toEqual(["/pair/0: type string"]);
  });

  it("are checked although the schema has unknown keywords and formats, and a pattern of the older syntax", () => {
    const schema = { type: "object", "x-ui": 1, properties: { a: { type: "string", format: "x-unknown", pattern: "^[\\w-.]+$" } } };
    expect(schemaFaultCompiled(schema)).toBeUndefined();
    expect(check(schema)({ a: "b-c.d" })).toEqual([]);
    expect(check(schema)({ a: "!" })).toHaveLength(1);
  });

  it("of one tool are not judged by the identifiers of another", () => {
    const checks = new ArgumentChecks();
    const first = checks.checkFor({
      type: "object",
      $id: "https://x/s",
      properties: { a: { $ref: "#/$defs/t" } },
      $defs: { t: { type: "string" } },
    });
    const second = checks.checkFor({
      type: "object",
      $id: "https://x/s",
      properties: { a: { $ref: "#/$defs/t" } },
      $defs: { t: { type: "number" } },
    });
    expect(first({ a: "x" })).toEqual([]);
    expect(second({ a: 1 })).toEqual([]);
    expect(second({ a: "x" })).toEqual(["/a: type number"]);
  });

  it("are refused, without an exception, if the schema cannot be used", () => {
    const unusable = [
      { properties: { a: { $ref: "#/$defs/missing" } } },
      { properties: { a: { type: "string", pattern: "(" } } },
      { $ref: "#" },
      { $async: true },
    ];
    for (const schema of unusable) {
      const told = check(schema)({ a: "x" });
      expect(told.length, JSON.stringify(schema)).toBeGreaterThan(0);
    }
    expect(schemaFaultCompiled({ type: "object", ...unusable[0] })).toMatch(/compiles/);
    expect(schemaFaultCompiled({ type: "object", ...unusable[1] })).toMatch(/compiles/);
  });

  it("never make the check throw, whatever they are", () => {
    const validate = check(customer);
    fc.assert(
      fc.property(fc.jsonValue(), (args) => {
        expect(validate(args).length).toBeLessThanOrEqual(5);
      }),
    );
  });
});
