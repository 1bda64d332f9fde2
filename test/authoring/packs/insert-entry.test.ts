import fc from "fast-check";
import { expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { insertEntry } from "../../../src/authoring/packs/insert-entry.ts";
import { keyText, setSwitch } from "../../../src/authoring/packs/set-switch.ts";

const lines = ["# why", "added:", "  deep: [1]"];

test("an entry goes behind the last one, with the indentation of the others", () => {
  const text = 'version: 1\ncustom:\n    a: 1 # one\n    b:\n        - x\n# end\nother: { c: "}" }\n';
  expect(insertEntry(text, ["custom"], lines)).toBe(
    'version: 1\ncustom:\n    a: 1 # one\n    b:\n        - x\n    # why\n    added:\n      deep: [1]\n# end\nother: { c: "}" }\n',
  );
});

test("an empty table gets its first entry, however it is written", () => {
  for (const text of [
    "custom: {}\n",
    "custom:\n",
    "custom:",
    "custom: {}",
    "custom: { }\nversion: 1\n",
    "custom: # none yet\nversion: 1\n",
  ]) {
    const changed = insertEntry(text, ["custom"], lines) ?? "";
    expect(parse(changed), text).toEqual({ ...parse(text), custom: { added: { deep: [1] } } });
    if (text.includes("#")) expect(changed).toContain("# none yet");
  }
});

test("a block text that ends the table is not grown", () => {
  const text = "custom:\n  a: |\n    one\n    two\n";
  expect(parse(insertEntry(text, ["custom"], lines) ?? "")).toEqual({ custom: { a: "one\ntwo\n", added: { deep: [1] } } });
});

test("what is no table, and YAML that is none, is left alone", () => {
  for (const text of ["custom: 1\n", "custom: [a]\n", "other: {}\n", "custom: {\n", "custom: {a: 1}\n"])
    expect(insertEntry(text, ["custom"], lines), text).toBeUndefined();
});

const word = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/).filter((key) => !["added", "custom"].includes(key));
const value = fc.letrec((tie) => ({
  any: fc.oneof({ maxDepth: 3 }, fc.string(), fc.integer(), fc.boolean(), fc.constant(null), tie("list"), tie("table")),
  list: fc.array(tie("any"), { maxLength: 3 }),
  table: fc.dictionary(word, tie("any"), { maxKeys: 4, noNullPrototype: true }),
}));

test("whatever stands in a table, all of it stays, line by line", () => {
  fc.assert(
    fc.property(value.table, value.table, (custom, others) => {
      const text = stringify({ version: 1, custom, ...Object.fromEntries(Object.entries(others as object).map(([k, v]) => [`x${k}`, v])) });
      const changed = insertEntry(text, ["custom"], lines);
      expect(changed).toBeDefined();
      const before = parse(text);
      expect(parse(changed ?? "")).toEqual({ ...before, custom: { ...before.custom, added: { deep: [1] } } });
      for (const line of text.split("\n")) if (!line.startsWith("custom: {}")) expect(changed?.split("\n")).toContain(line);
    }),
  );
});

test("any key is read back as it was written", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 12 }), (key) => {
      expect(parse(`${keyText(key)}: 1`)).toEqual(Object.fromEntries([[key, 1]]));
    }),
  );
});

test("a switch that is off is turned on, one that is on stays as it is written", () => {
  const text = "custom:\n  p:\n    servers: { '*': false, crm: yes } # mine\n";
  expect(setSwitch(text, ["custom", "p", "servers"], "*", "true")).toBe(text.replace("false", "true"));
  expect(setSwitch(text, ["custom", "p", "servers"], "crm", "true")).toBe(text);
  expect(setSwitch(text, ["custom", "q"], "crm", "true")).toBeUndefined();
});
