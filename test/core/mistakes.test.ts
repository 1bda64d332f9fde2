import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { didYouMean, editDistance, formatMistakes, foundText, pathText } from "../../src/core/mistakes.ts";
import { mistakesOf } from "../../src/core/schema-mistakes.ts";
import { parseYaml } from "../../src/core/yaml-text.ts";

const redis = z.strictObject({
  url: z.string().optional(),
  cluster: z.string().optional(),
  sentinel: z.string().optional(),
  tls: z.boolean().optional(),
});
const config = z.strictObject({
  issuers: z.array(
    z.strictObject({
      issuer: z.string(),
      audience: z.string().describe('the audience your tokens carry, e.g. "https://gate.example.com"'),
    }),
  ),
  redis: redis.optional(),
  place: z
    .union([z.strictObject({ url: z.string() }), z.strictObject({ executable: z.string(), cwd: z.string() })])
    .optional()
    .describe("an address or a program"),
  transport: z
    .discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("http"), url: z.string() }),
      z.strictObject({ kind: z.literal("stdio"), argv: z.array(z.string()) }),
    ])
    .optional(),
  names: z
    .record(
      z
        .string()
        .regex(/^[a-z]+$/)
        .describe("a name in lower case"),
      z.int().min(1),
    )
    .optional(),
});

function mistakesIn(value: unknown) {
  const parsed = config.safeParse(value);
  return parsed.success ? [] : mistakesOf(config, value, parsed.error.issues).map(({ steps: _, ...rest }) => rest);
}

describe("mistakes in a file", () => {
  it("are told file by file with path, what was found, what was wanted, remedy and line", () => {
    const text = formatMistakes([
      {
        file: "toolgate.yaml",
        path: "redis.ulr",
        found: "unknown key",
        wanted: "one of url, cluster, sentinel, tls",
        remedy: 'did you mean "url"?',
        line: 19,
      },
      { file: "toolgate.yaml", path: "issuers[0].audience", found: "missing", wanted: "the audience your tokens carry", line: 7 },
    ]);
    expect(text).toBe(`toolgate.yaml has 2 mistakes.

  issuers[0].audience   missing
    wanted  the audience your tokens carry
    line 7

  redis.ulr             unknown key
    wanted  one of url, cluster, sentinel, tls      did you mean "url"?
    line 19
`);
  });

  it("never carry a terminal control sequence from the file to the terminal", () => {
    expect(formatMistakes([{ file: "a", path: "b", found: "\u001b[2Jx\n", wanted: "c" }])).not.toContain("\u001b");
    expect(formatMistakes([{ file: "a", path: "b", found: "x", wanted: "c" }], { colour: true })).toContain("\u001b[1m");
  });

  it("write a path as a person would", () => {
    expect(pathText(["tools", "crm", "get.customer", 0])).toBe('tools.crm["get.customer"][0]');
  });
});

describe("mistakes against a schema", () => {
  it("are all told at once, in the words of the schema", () => {
    expect(mistakesIn({ issuers: [{ issuer: "https://a" }], redis: { ulr: "x" }, names: { A: 1, b: 0 } })).toEqual([
      { path: "issuers[0].audience", found: "missing", wanted: 'the audience your tokens carry, e.g. "https://gate.example.com"' },
      { path: "redis.ulr", found: "unknown key", wanted: "one of url, cluster, sentinel, tls", remedy: 'did you mean "url"?' },
      { path: "names.A", found: 'key "A"', wanted: "a name in lower case" },
      { path: "names.b", found: "0", wanted: "at least 1" },
    ]);
  });

  it("name the option of a union that was meant", () => {
    expect(mistakesIn({ issuers: [], transport: { kind: "http", ur: "x" } })).toEqual([
      { path: "transport.url", found: "missing", wanted: "a text" },
      { path: "transport.ur", found: "unknown key", wanted: "one of kind, url", remedy: 'did you mean "url"?' },
    ]);
    expect(mistakesIn({ issuers: [], transport: { kind: "htp" } })).toEqual([
      { path: "transport.kind", found: '"htp"', wanted: "one of http, stdio", remedy: 'did you mean "http"?' },
    ]);
    expect(mistakesIn({ issuers: [], place: { executable: "node" } })).toEqual([{ path: "place.cwd", found: "missing", wanted: "a text" }]);
    expect(mistakesIn({ issuers: [], place: 3 })).toEqual([{ path: "place", found: "3", wanted: "an address or a program" }]);
  });
});

describe("a text where a table was wanted", () => {
  it("is not shown: under a table of secrets it may be one", () => {
    expect(mistakesIn({ issuers: [], redis: "hunter2", place: "hunter2" })).toEqual([
      { path: "redis", found: "a text", wanted: "a table" },
      { path: "place", found: "a text", wanted: "an address or a program" },
    ]);
  });
});

describe("the nearest word", () => {
  it("is found over swapped, missing and added letters, and not over another word", () => {
    expect(didYouMean("ulr", ["url", "cluster"])).toBe('did you mean "url"?');
    expect(didYouMean("suport", ["finance", "support"])).toBe('did you mean "support"?');
    expect(didYouMean("colour", ["url", "cluster"])).toBeUndefined();
  });

  it("has a distance that is zero for itself and the same both ways", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        expect(editDistance(a, a)).toBe(0);
        expect(editDistance(a, b)).toBe(editDistance(b, a));
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
      }),
    );
  });
});

describe("a YAML text", () => {
  it("knows the line of a key, of a list entry and of the parent of what is missing", () => {
    const parsed = parseYaml("t.yaml", "version: 1\nservers:\n  crm:\n    owner: a\n    argv:\n      - x\n      - y\n");
    if (!parsed.ok) throw new Error("refused");
    const { line } = parsed.value;
    expect(line(["servers", "crm", "owner"])).toBe(4);
    expect(line(["servers", "crm", "argv", 1])).toBe(7);
    expect(line(["servers", "crm", "title"])).toBe(3);
  });

  it("is refused with a duplicate key, a tag, a second document or an alias bomb", () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [${"*a,".repeat(20)}]\nc: &c [${"*b,".repeat(20)}]\nd: [${"*c,".repeat(20)}]\n`;
    for (const text of ["a: 1\na: 2\n", "a: !!js/function x\n", "a: 1\n---\nb: 2\n", "a: [\n", bomb]) {
      const parsed = parseYaml("t.yaml", text);
      expect(parsed.ok, text).toBe(false);
      if (!parsed.ok) expect(parsed.error[0]).toMatchObject({ file: "t.yaml" });
    }
  });
});

describe("a found value", () => {
  it.each([
    ["http://robot:hunter2@bundles.example.com/acme.tar.gz?sig=topsecret", '"http://…@bundles.example.com/acme.tar.gz?…"'],
    ["redis://:hunter2@127.0.0.1:6379/0", '"redis://…@127.0.0.1:6379/0"'],
    ["https://robot:hun/ter2@not?encoded#at@all@example.com/a?topsecret", '"https://…@example.com/a?…"'],
    ['https://a:hunter2"\n@example.com', '"https://…@example.com"'],
    ["https://hunter2@example.com", '"https://…@example.com"'],
    ["robot:hunter2@registry.example.com/acme:prod", '"…@registry.example.com/acme:prod"'],
    [`https://example.com/${"a".repeat(80)}?hunter2`, `"https://example.com/${"a".repeat(39)}…`],
  ])("that is an address is shown without what gives access: %s", (value, shown) => {
    expect(foundText(value)).toBe(shown);
    expect(foundText(value)).not.toMatch(/hunter2|ter2|topsecret/);
  });

  it.each([
    "https://example.com/a",
    "crm://tickets{?state,page}",
    "crm.refund",
    "ann@example.com",
    "reg.example.com/acme@sha256:00",
    "a?b",
  ])("that gives no access is shown as it is: %s", (value) => {
    expect(foundText(value)).toBe(JSON.stringify(value));
  });
});
