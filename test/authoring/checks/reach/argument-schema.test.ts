import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { argumentFault } from "../../../../src/authoring/checks/reach/argument-schema.ts";
import { ArgumentChecks } from "../../../../src/parts/catalog/index.ts";

type Schema = Readonly<Record<string, unknown>>;
type Path = readonly (string | number | null)[];

const object = (properties: Schema, required: readonly string[] = Object.keys(properties)): Schema => ({
  type: "object",
  properties,
  required,
});
const says = (schema: Schema, ...path: Path): string | undefined => argumentFault(schema, path)?.says;

describe("an argument is promised by a schema", () => {
  it.each<[string, Schema, Path]>([
    ["that requires it with one type", object({ a: { type: "string" } }), ["a"]],
    ["that requires it in an object that it requires", object({ a: object({ b: { type: "number" } }) }), ["a", "b"]],
    [
      "that refers to a part of itself",
      { ...object({ a: { $ref: "#/$defs/a" } }), $defs: { a: object({ b: { type: "string" } }) } },
      ["a", "b"],
    ],
    [
      "of which one part names it and another requires it",
      { type: "object", allOf: [{ properties: { a: { type: "string" } } }, { required: ["a"] }] },
      ["a"],
    ],
    [
      "whose every choice promises it",
      { type: "object", oneOf: [object({ a: { type: "string" } }), object({ a: { const: "x" } })] },
      ["a"],
    ],
    ["by words of one type", object({ a: { enum: ["x", "y"] } }), ["a"]],
    ["as a whole number or a number", object({ a: { anyOf: [{ type: "integer" }, { type: "number" }] } }), ["a"]],
    ["as an element of a list", object({ a: { type: "array", items: object({ b: { type: "string" } }) } }), ["a", null, "b"]],
    [
      "as an element by its number, where the list has that many",
      object({ a: { type: "array", items: { type: "string" }, minItems: 2 } }),
      ["a", 1],
    ],
    ["as any member of an object", object({ a: { type: "object", additionalProperties: { type: "number" } } }), ["a", null]],
  ])("%s", (_, schema, path) => expect(argumentFault(schema, path)).toBeUndefined());
});

describe("what a schema does not promise is said:", () => {
  it("a member that it does not know, or does not require, at any depth", () => {
    expect(says(object({}), "a")).toBe('has no "a" in its schema');
    expect(says(object({ a: { type: "string" } }, []), "a")).toBe('may be called without "a"');
    expect(says(object({ a: object({ b: { type: "string" } }, []) }), "a", "b")).toBe('may be called without "a.b"');
    expect(says(object({ a: object({ b: { type: "string" } }) }, []), "a", "b")).toBe('may be called without "a"');
    expect(says(object({ a: { type: "integer", default: 20 } }, []), "a")).toBe('may be called without "a", and takes 20 then');
  });

  it("a member that only one choice promises", () => {
    const schema = { type: "object", anyOf: [object({ a: { type: "string" } }), object({ b: { type: "string" } })] };
    expect(says(schema, "a")).toBe('has no "a" in its schema');
  });

  it("no type, or several", () => {
    expect(says(object({ a: {} }), "a")).toBe('does not say of what type "a" is');
    expect(says(object({ a: { properties: { b: { type: "string" } }, required: ["b"] } }), "a", "b")).toBe(
      'does not say that "a" is an object',
    );
    expect(says(object({ a: { type: ["string", "null"] } }), "a")).toBe('takes string or null as "a"');
    expect(says(object({ a: { oneOf: [{ type: "number" }, { type: "string" }] } }), "a")).toBe('takes number or string as "a"');
    expect(says(object({ a: { enum: ["x", 1] } }), "a")).toBe('takes string or number as "a"');
  });

  it("something around it that may be no object, and lists that may be shorter or say nothing of what they hold", () => {
    expect(says(object({ a: { type: ["object", "string"], properties: { b: { type: "string" } }, required: ["b"] } }), "a", "b")).toBe(
      'takes something other than an object around "a.b"',
    );
    expect(says(object({ a: { type: "array", items: { type: "string" } } }), "a", 0)).toBe('may be called without "a[0]"');
    expect(says(object({ a: { type: "array" } }), "a", null, "b")).toBe('does not say what "a[_]" holds');
  });

  it("a reference that leads nowhere, or back to itself, ends", () => {
    expect(says(object({ a: { $ref: "#/$defs/none" } }), "a")).toBe('does not say of what type "a" is');
    const itself = { ...object({ a: { $ref: "#/$defs/a" } }), $defs: { a: { $ref: "#/$defs/a" } } };
    expect(says(itself, "a")).toBe('does not say of what type "a" is');
    const branching = { ...object({ a: { $ref: "#/$defs/a" } }), $defs: { a: { anyOf: [{ $ref: "#/$defs/a" }, { $ref: "#/$defs/a" }] } } };
    expect(says(branching, "a")).toContain("too intricate to follow");
  });
});

const names = fc.constantFrom("a", "b", "c");
const { schema: schemas } = fc.letrec<{ schema: Schema; leaf: Schema; node: Schema }>((tie) => ({
  leaf: fc.constantFrom<Schema>(
    { type: "string" },
    { type: "number" },
    { type: ["string", "null"] },
    {},
    { enum: ["x", "y"] },
    { const: 3 },
  ),
  node: fc
    .tuple(fc.dictionary(names, tie("schema"), { maxKeys: 3 }), fc.subarray(["a", "b", "c"]), fc.boolean())
    .map(([properties, required, typed]) => ({ ...(typed && { type: "object" }), properties, required })),
  schema: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    tie("leaf"),
    tie("node"),
    fc.tuple(tie("node"), tie("node")).map(([one, two]) => ({ anyOf: [one, two] })),
    fc.tuple(tie("node"), tie("node")).map((allOf) => ({ allOf })),
  ),
}));
const { value: values } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom<unknown>("x", "y", 3, 4.5, null, true),
    fc.dictionary(names, tie("value"), { maxKeys: 3, noNullPrototype: true }),
  ),
}));

test("whatever fits a schema has what the schema was found to promise, always of one type", () => {
  const types = new Map<string, string>();
  fc.assert(
    fc.property(
      schemas,
      fc.array(names, { minLength: 1, maxLength: 3 }),
      fc.array(fc.dictionary(names, values, { noNullPrototype: true }), { maxLength: 20 }),
      (inner, path, all) => {
        const schema = { type: "object", allOf: [inner] };
        if (argumentFault(schema, path) !== undefined) return;
        const check = new ArgumentChecks().checkFor(schema);
        types.clear();
        for (const args of all.filter((one) => check(one).length === 0)) {
          const found = path.reduce<unknown>(
            (at, step) => (typeof at === "object" && at !== null ? Reflect.get(at, step) : undefined),
            args,
          );
          expect(found).not.toBeUndefined();
          types.set(found === null ? "null" : typeof found, JSON.stringify(args));
        }
        expect(types.size).toBeLessThan(2);
      },
    ),
    { numRuns: 400 },
  );
});
