import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  checkJson,
  decodeUtf8,
  type JsonLimits,
  maxWidth,
  parseJson,
  requestLimits,
  resultLimits,
  topLevelSpans,
} from "../../../src/core/json/index.ts";

const open: JsonLimits = { maxDepth: 1_000_000, foldKeysToDepth: 0, unsafeNumbers: "keep" };

function codeOf(text: string, limits: JsonLimits = requestLimits): string {
  const parsed = parseJson(text, limits);
  const fault = checkJson(text, limits);
  expect(parsed.ok ? "clean" : parsed.error).toEqual(fault ?? "clean");
  return parsed.ok ? "clean" : parsed.error.code;
}

const nested = (depth: number, inner = "1") => "[".repeat(depth) + inner + "]".repeat(depth);

describe("strict JSON", () => {
  test.each([
    ["a duplicate key", `{"a":1,"b":2}`, `{"a":1,"a":1}`, "json.duplicate_key"],
    ["a duplicate key behind an escape", `{"a":1,"\\u0062":2}`, `{"a":1,"\\u0061":2}`, "json.duplicate_key"],
    ["a duplicate key deep inside", `{"a":{"b":{"c":{"d":1,"e":1}}}}`, `{"a":{"b":{"c":{"d":1,"d":1}}}}`, "json.duplicate_key"],
    ["a duplicate empty key", `{"":1}`, `{"":1,"":1}`, "json.duplicate_key"],
    ["keys that differ only in case", `{"params":{"name":1,"other":2}}`, `{"params":{"name":1,"Name":2}}`, "json.duplicate_key"],
    ["a key with a Kelvin sign for k", `{"key":1}`, `{"key":1,"\u212aey":2}`, "json.duplicate_key"],
    ["a key with a long s for s", `{"params":1}`, `{"params":1,"param\u017f":2}`, "json.duplicate_key"],
    ["a key __proto__", `{"proto":1}`, `{"__proto__":1}`, "json.proto_key"],
    ["an escaped __proto__", `{"\\u005fproto":1}`, `{"\\u005f_proto__":1}`, "json.proto_key"],
    ["65 levels", nested(64), nested(65), "json.too_deep"],
    ["65 levels with space", ` ${nested(64)}`, ` ${nested(65)}`, "json.too_deep"],
    ["a number that overflows", "[1e300]", "[1e400]", "json.unsafe_number"],
    ["a negative number that overflows", "[-1e300]", "[-1e400]", "json.unsafe_number"],
    ["a number that underflows to 0", "[1e-300]", "[1e-400]", "json.unsafe_number"],
    ["2^53", "[9007199254740991]", "[9007199254740992]", "json.unsafe_number"],
    ["2^53+1", "[9007199254740991]", "[9007199254740993]", "json.unsafe_number"],
    ["-2^53-1", "[-9007199254740991]", "[-9007199254740993]", "json.unsafe_number"],
    ["2^53+1 with a fraction", "[1.0]", "[9007199254740993.0]", "json.unsafe_number"],
    ["an integer that JSON would write with an exponent", "[6.02e23]", "[602000000000000000000000]", "json.unsafe_number"],
    ["a lone high surrogate", `["\u{1f600}"]`, `["\ud83d"]`, "json.lone_surrogate"],
    ["a lone high surrogate before a letter", `["\u{1f600}a"]`, `["\ud83da"]`, "json.lone_surrogate"],
    ["a lone low surrogate", `["\u{1f600}"]`, `["\ude00"]`, "json.lone_surrogate"],
    ["a lone surrogate as an escape", `["\\ud83d\\ude00"]`, `["\\ud83d"]`, "json.lone_surrogate"],
    ["a lone surrogate as an escape in capitals", `["\\uD83D\\uDE00"]`, `["\\uD83D"]`, "json.lone_surrogate"],
    ["surrogates in the wrong order", `["\\ud83d\\ude00"]`, `["\\ude00\\ud83d"]`, "json.lone_surrogate"],
    ["a lone surrogate in a key", `{"\\ud83d\\ude00":1}`, `{"\\ud83d":1}`, "json.lone_surrogate"],
    ["NaN", "[1]", "[NaN]", "json.malformed"],
    ["a trailing comma", "[1]", "[1,]", "json.malformed"],
    ["a trailing comma in an object", `{"a":1}`, `{"a":1,}`, "json.malformed"],
    ["a comment", "[1]", "[1]//", "json.malformed"],
    ["a comment inside", "[1]", "[/**/1]", "json.malformed"],
    ["single quotes", `["a"]`, "['a']", "json.malformed"],
    ["a leading zero", "[0]", "[01]", "json.malformed"],
    ["a plus sign", "[1]", "[+1]", "json.malformed"],
    ["a bare fraction", "[0.1]", "[.1]", "json.malformed"],
    ["a second text", "1", "1 1", "json.malformed"],
    ["nothing", "1", "", "json.malformed"],
    ["an open end", "[[1]]", "[[1]", "json.malformed"],
    ["the wrong closing sign", "[1]", "[1}", "json.malformed"],
    ["a control sign in a string", `"\\n"`, `"\n"`, "json.malformed"],
    ["an unknown escape", `"\\n"`, `"\\x41"`, "json.malformed"],
    ["a short escape", `"\\u0041"`, `"\\u041"`, "json.malformed"],
    ["space that JSON does not know", "[ 1]", "[\u00a01]", "json.malformed"],
  ])("%s is refused and its good form is not", (_what, good, bad, code) => {
    expect(codeOf(good)).toBe("clean");
    expect(codeOf(bad)).toBe(code);
  });

  test("numbers that a double holds well enough pass, and are forwarded as judged", () => {
    const parsed = parseJson(`[1.0, 1e3, 0.1000000000000000055511151231257827, -0, 0e99999, 0.0]`, requestLimits);
    expect(parsed.ok && JSON.stringify(parsed.value)).toBe("[1,1000,0.1,0,0,0]");
  });

  test("keys that differ only in case pass below the protocol's levels", () => {
    expect(codeOf(`{"params":{"arguments":{"a":1,"A":2}}}`)).toBe("clean");
    expect(codeOf(`{"a":1,"A":2}`, resultLimits)).toBe("clean");
  });

  test("in results an unsafe number is kept as written in the text", () => {
    expect(codeOf(`{"id":9007199254740993}`, resultLimits)).toBe("clean");
    const text = `{"id": 9007199254740993 ,"b":[]}`;
    const span = topLevelSpans(text).get("id");
    expect(span && text.slice(span.start, span.end)).toBe("9007199254740993");
  });

  test("a very deep text is refused without a stack overflow", () => {
    const deep = nested(500_000);
    expect(codeOf(deep)).toBe("json.too_deep");
    expect(checkJson(deep, open)).toBeUndefined();
  });

  test("a fault tells where and what", () => {
    expect(checkJson(`{"a":1,"a":2}`, requestLimits)).toEqual({
      code: "json.duplicate_key",
      at: 7,
      detail: `found the key "a" twice in one object, at position 7`,
    });
  });

  test("validity agrees with JSON.parse for any text", () => {
    const signs = fc.constantFrom(...'{}[]",:\\u0041/ntrfalse-+.eE19 \n\ud83d\ude00x'.split(""));
    const text = fc.oneof(
      fc.json({ noUnicodeString: false }),
      fc.array(signs, { maxLength: 12 }).map((parts) => parts.join("")),
      fc.tuple(fc.json(), fc.nat(), signs).map(([json, at, sign]) => {
        const place = at % (json.length + 1);
        return json.slice(0, place) + sign + json.slice(place + 1);
      }),
    );
    fc.assert(
      fc.property(text, (candidate) => {
        let valid = true;
        try {
          JSON.parse(candidate);
        } catch {
          valid = false;
        }
        if (!valid) expect(checkJson(candidate, open)).toBeDefined();
        else expect(checkJson(candidate, open)?.code ?? "json.ambiguous").not.toBe("json.malformed");
      }),
      { numRuns: 3000 },
    );
  });

  test("the cheap path and the scanner agree for any value", () => {
    fc.assert(
      fc.property(fc.json(), fc.boolean(), (json, pretty) => {
        codeOf(pretty ? JSON.stringify(JSON.parse(json), undefined, 1) : json);
      }),
      { numRuns: 1000 },
    );
  });

  test("every doubled member is found, plain or escaped, at any level", () => {
    const key = fc.string({ minLength: 1 }).filter((k) => k !== "__proto__");
    fc.assert(
      fc.property(key, fc.jsonValue(), fc.nat(20), fc.boolean(), (name, value, depth, escaped) => {
        const plain = JSON.stringify(name);
        const units = [...Array(name.length).keys()].map((i) => `\\u${name.charCodeAt(i).toString(16).padStart(4, "0")}`);
        const twin = escaped ? `"${units.join("")}"` : plain;
        const text = nested(depth, `{${plain}:${JSON.stringify(value)},"x-${depth}":1,${twin}:1}`);
        expect(checkJson(text, { ...open, unsafeNumbers: "keep" })?.code).toBeOneOf([
          "json.duplicate_key",
          "json.proto_key",
          "json.lone_surrogate",
        ]);
        const good = nested(depth, `{${plain}:${JSON.stringify(value)}}`);
        if (checkJson(good, open) === undefined) expect(checkJson(text, open)?.code).toBe("json.duplicate_key");
      }),
    );
  });

  test("a clean value survives the round trip", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        const parsed = parseJson(text, open);
        if (parsed.ok) expect(JSON.stringify(parsed.value)).toBe(text);
      }),
    );
  });
});

describe("spans of the outermost members", () => {
  test("each span is the text of its member", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.boolean(), (members, pretty) => {
        const text = JSON.stringify(members, undefined, pretty ? 2 : 0);
        const spans = topLevelSpans(text);
        expect([...spans.keys()].sort()).toEqual(Object.keys(members).sort());
        for (const [key, span] of spans)
          expect(JSON.stringify(JSON.parse(text.slice(span.start, span.end)))).toBe(JSON.stringify(members[key]));
      }),
    );
  });

  test("a text that is no object has none", () => {
    expect(topLevelSpans("[1]").size).toBe(0);
    expect(topLevelSpans("{ }").size).toBe(0);
  });
});

describe("bytes", () => {
  test("UTF-8 is decoded, anything else refused", () => {
    expect(decodeUtf8(Buffer.from("grün"))).toEqual({ ok: true, value: "grün" });
    expect(decodeUtf8(new TextEncoder().encode("grün"))).toEqual({ ok: true, value: "grün" });
    for (const bytes of [[0xc3], [0xff], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0xef, 0xbb, 0xbf, 0x31]]) {
      const decoded = decodeUtf8(Uint8Array.from(bytes));
      expect(!decoded.ok && decoded.error.code).toBe("json.bad_utf8");
    }
  });
});

test("the width of a value is that of its widest part", () => {
  expect(maxWidth(1)).toBe(0);
  expect(maxWidth({ a: [1, 2, 3], b: { c: 1 } })).toBe(3);
  expect(maxWidth([[], { a: 1, b: 2, c: 3, d: [1] }])).toBe(4);
});
