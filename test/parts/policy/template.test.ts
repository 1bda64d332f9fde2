import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fillMessage, fillPointer, fillValue, LazyInput } from "../../../src/parts/policy/template.ts";

const inputOf = (value: unknown): LazyInput => new LazyInput(JSON.stringify(value));

describe("a template in a message", () => {
  it("is filled with plain values of the input", () => {
    const input = inputOf({ user: { id: "ann" }, args: { amount: 1500, ok: true, items: ["x", "y"], "with-dash": 1 } });
    expect(fillMessage("{input.user.id}: {input.args.amount} {input.args.ok} {input.args.items.1} {input.args.with-dash}", input)).toBe(
      "ann: 1500 true y 1",
    );
  });

  it("prints an integer larger than a double holds with every digit", () => {
    expect(fillMessage("{input.time.ns}", new LazyInput('{"time": {"ns": 1767776400123456789}}'))).toBe("1767776400123456789");
  });

  it.each([
    ["a path that is not there", {}],
    ["an object", { a: { b: {} } }],
    ["a list", { a: { b: [1] } }],
    ["null", { a: { b: null } }],
  ])("leaves a question mark for %s", (_what, value) => {
    expect(fillMessage("<{input.a.b}>", inputOf(value))).toBe("<?>");
  });

  it("reaches own members only", () => {
    for (const path of ["constructor.name", "__proto__.x", "a.length", "toString"])
      expect(fillMessage(`{input.${path}}`, inputOf({ a: [1] }))).toBe("?");
  });

  it("is not filled a second time with what it was filled with", () => {
    expect(fillMessage("{input.args.x}", inputOf({ args: { x: "{input.secret}" }, secret: "s" }))).toBe("{input.secret}");
  });

  it("drops what could steer a terminal or turn the direction of writing, and cuts what is long", () => {
    expect(fillMessage("{input.x}", inputOf({ x: "a\u001b[31m\nb\u202ec\u2066d\u2028e\u0000\u009b" }))).toBe("a[31mbcde");
    expect(Array.from(fillMessage("{input.x}", inputOf({ x: "😀".repeat(500) })))).toHaveLength(200);
  });

  it("gives bounded, well-formed, printable text for any template and any input", () => {
    const templates = fc.array(
      fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("{input.a}", "{input.a.b}", "{input", "}", "{input.}")),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(templates, fc.jsonValue(), fc.string({ unit: "binary" }), (parts, a, text) => {
        const filled = fillMessage(parts.join(""), inputOf({ a: { ...(typeof a === "object" ? a : {}), b: text } }));
        expect(Array.from(filled).length).toBeLessThanOrEqual(1000);
        expect(filled.isWellFormed()).toBe(true);
        expect(filled).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });

  it("survives an input that is no JSON", () => {
    expect(fillMessage("{input.a}", new LazyInput("{"))).toBe("?");
  });
});

describe("a template in an obligation", () => {
  it("keeps the type of what stands alone, and is text beside text", () => {
    const input = inputOf({ args: { n: 5, s: "x", o: { a: 1 } } });
    expect(fillValue("{input.args.n}", input)).toBe(5);
    expect(fillValue("n-{input.args.n}-{input.args.s}", input)).toBe("n-5-x");
    expect(fillValue(7, input)).toBe(7);
    expect(fillValue("plain {text}", input)).toBe("plain {text}");
  });

  it("has no value where any of its paths cannot be filled", () => {
    const input = inputOf({ args: { o: {}, nothing: null } });
    for (const text of [
      "{input.args.x}",
      "a-{input.args.x}",
      "a-{input.args.o}",
      "{input.args.nothing}",
      "{input.args.o",
      "{input args}",
    ]) {
      expect(fillValue(text, input), text).toBeUndefined();
    }
  });

  it("never points deeper than it was written", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const pointer = fillPointer("/a/{input.x}/b", inputOf({ x: text.toWellFormed() }));
        expect(pointer?.split("/")).toHaveLength(4);
        expect(pointer?.split("/")[2]?.replaceAll("~1", "/").replaceAll("~0", "~")).toBe(text.toWellFormed());
      }),
    );
  });
});
