import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareValues, parseValue, toTerm, type Value } from "../../../src/parts/policy/builtins/value.ts";
import { memberAt, parseExact, writeExact } from "../../../src/parts/policy/exact-json.ts";
import { policyConfig } from "../../../src/parts/policy/index.ts";

describe("a value between module and host", () => {
  it("keeps sets, objects, number literals and keys of any type apart", () => {
    expect(parseValue('{"a",1.0,set()}')).toEqual({ set: ["a", { number: "1.0" }, { set: [] }] });
    expect(parseValue('{"a":{1:[null,true]},"b":{}}')).toEqual({
      entries: [
        ["a", { entries: [[{ number: "1" }, [null, true]]] }],
        ["b", { entries: [] }],
      ],
    });
    expect(parseValue("1767776400123456789")).toEqual({ number: "1767776400123456789" });
  });

  it("is the same JSON after reading and writing", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(JSON.parse(toTerm(parseValue(text)))).toEqual(JSON.parse(text));
      }),
    );
  });

  it("is refused when it is cut off or mixed", () => {
    for (const text of ["", "[1", '{"a":1', '{"a":1,2}', "tru", "1 2", "[1,]", "set("])
      expect(() => parseValue(text), text).toThrow(SyntaxError);
  });

  it("has one order, that of Rego", () => {
    const ascending: Value[] = [
      null,
      false,
      true,
      { number: "-1" },
      { number: "1.5" },
      { number: "9007199254740993" },
      "a",
      "b",
      "\uffff",
      "😀",
      [],
      [null],
      { entries: [] },
      { set: [] },
    ];
    for (const [i, a] of ascending.entries()) {
      for (const [j, b] of ascending.entries()) expect(Math.sign(compareValues(a, b)), `${i} ${j}`).toBe(Math.sign(i - j));
    }
  });
});

describe("exact JSON", () => {
  it("keeps integers of any size and reaches own members only", () => {
    const text = '{"ns":1767776400123456789,"list":[-9007199254740993,0.1,"x"]}';
    expect(writeExact(parseExact(text))).toBe(text);
    expect(memberAt(parseExact(text), ["list", "0"])).toBe(-9007199254740993n);
    expect(memberAt(parseExact(text), ["list", "length"])).toBeUndefined();
  });
});

describe("the policy section of the configuration", () => {
  it("has its defaults and refuses an unknown key", () => {
    expect(policyConfig.parse({})).toEqual({ timeout_ms: 50, workers: 2, remember: true, max_memory_mb: 64 });
    expect(policyConfig.safeParse({ timeout: 5 }).success).toBe(false);
    expect(policyConfig.safeParse({ workers: 0 }).success).toBe(false);
  });
});
