import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, compareUtf8, hashFile } from "../../../src/parts/bundle/index.ts";

describe("canonical JSON", () => {
  it.each([
    [' {"b" : 1.0 , "a":[1E5, -0, 1e400, 12345678901234567890 ]} ', '{"a":[1E5,-0,1e400,12345678901234567890],"b":1.0}'],
    ['{"\\u0061":"\\/\\u2028<&>\\u007f"}', '{"a":"/\\u2028<&>\u007f"}'],
    ['["\\u0001\\b\\f\\n\\r\\t\\"\\\\"]', '["\\u0001\\b\\f\\n\\r\\t\\"\\\\"]'],
    ['{"\uffff":1,"\u{10000}":2,"":3}', '{"":3,"\uffff":1,"\u{10000}":2}'],
    ["[]", "[]"],
    ["{}", "{}"],
    ["true", "true"],
  ])("of %j is %j", (text, canonical) => {
    expect(canonicalJson(text)).toEqual({ ok: true, value: canonical });
  });

  it.each([
    "",
    "{",
    "[1,]",
    '{"a":1,}',
    '{"a":1,"a":1}',
    '{"a":1,"\\u0061":1}',
    "01",
    "+1",
    ".5",
    "1.",
    "1e",
    "NaN",
    "nul",
    '"a',
    '"\\x"',
    '"\n"',
    '"\\ud800"',
    "[1 2]",
    '{"a" 1}',
    "{a:1}",
    "1 2",
    "a: 1",
    "\ufeff{}",
    `${"[".repeat(600)}${"]".repeat(600)}`,
  ])("of %j is refused", (text) => {
    expect(canonicalJson(text).ok).toBe(false);
  });

  it("is its own canonical form, whatever the value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const once = canonicalJson(JSON.stringify(value, null, 2));
        // JSON.stringify escapes half pairs, which are refused.
        if (!once.ok) return !JSON.stringify(value).includes("__proto__") && /\\ud/.test(JSON.stringify(value));
        return canonicalJson(once.value).ok && JSON.stringify(JSON.parse(once.value)).length === JSON.stringify(value).length;
      }),
    );
  });

  it("sorts keys by their UTF-8 bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "binary" }), (a, b) => {
        expect(Math.sign(compareUtf8(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
  });

  it("stands behind the hash of data and manifest only", () => {
    for (const name of ["data.json", ".manifest", "x/data.json"]) {
      expect(hashFile(name, Buffer.from('{"a": 1}'))).toEqual(hashFile(name, Buffer.from('{"a":1}')));
    }
    expect(hashFile("other.json", Buffer.from('{"a": 1}'))).not.toEqual(hashFile("other.json", Buffer.from('{"a":1}')));
    expect(hashFile("data.json", Buffer.from([0x22, 0xff, 0x22])).ok).toBe(false);
    expect(hashFile("a.rego", Buffer.from(""), "MD5").ok).toBe(false);
  });
});
