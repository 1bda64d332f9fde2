import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { noCapabilities } from "../../../src/core/client.ts";
import { canBeAsked, offeredCapabilities, readCapabilities } from "../../../src/http/mcp/capabilities.ts";

const everything = {
  elicitation: { form: {}, url: {} },
  sampling: { tools: {}, context: {} },
  roots: { listChanged: true },
  extensions: { "io.modelcontextprotocol/tasks": {} },
  experimental: { anything: {} },
};
const tasks = { "io.modelcontextprotocol/tasks": {} };

test.each([
  ["2025-03-26", { sampling: { tools: false, context: true }, roots: true, extensions: tasks }],
  ["2025-06-18", { elicitation: { form: true, url: false }, sampling: { tools: false, context: true }, roots: true, extensions: tasks }],
  ["2025-11-25", { elicitation: { form: true, url: true }, sampling: { tools: true, context: true }, roots: true, extensions: tasks }],
  ["2026-07-28", { elicitation: { form: true, url: true }, sampling: { tools: true, context: true }, roots: true, extensions: tasks }],
])("a client of %s can be asked in the ways that its revision knows, and in no other", (revision, wanted) => {
  expect(readCapabilities(everything, revision)).toEqual({ ok: true, value: wanted });
});

test("no capabilities cost nothing", () => {
  const read = readCapabilities({}, "2026-07-28");
  expect(read).toEqual({ ok: true, value: noCapabilities });
  expect(read.ok && read.value).toBe(noCapabilities);
  expect(canBeAsked(noCapabilities)).toBe(false);
});

test.each([
  [{}, { form: true, url: false }],
  [{ form: {} }, { form: true, url: false }],
  [{ url: {} }, { form: false, url: true }],
  [
    { form: true, url: {} },
    { form: false, url: true },
  ],
])("elicitation %j means %j", (elicitation, wanted) => {
  expect(readCapabilities({ elicitation }, "2025-11-25")).toMatchObject({ value: { elicitation: wanted } });
});

describe("what is not what it says is refused with one sentence", () => {
  const many = Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`com.example/${n}`, {}]));
  test.each([
    [[], "must be an object"],
    [{ elicitation: true }, '"elicitation" must be an object'],
    [{ sampling: [] }, '"sampling" must be an object'],
    [{ roots: null }, '"roots" must be an object'],
    [{ extensions: "x" }, '"extensions" must be an object'],
    [{ extensions: { a: 1 } }, "settings of an extension must be an object"],
    [{ extensions: { ["x".repeat(129)]: {} } }, "more than 128 signs"],
    [{ extensions: { a: { b: "x".repeat(5_000) } } }, "more than 4096 signs"],
    [{ extensions: many }, "17 extensions"],
  ])("%j", (given, says) => {
    expect(readCapabilities(given, "2026-07-28")).toMatchObject({ ok: false, error: expect.stringContaining(says) });
  });
});

test("whatever is declared, the answer is bounded or a sentence", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.constantFrom("2025-03-26", "2025-11-25", "2026-07-28"), (given, revision) => {
      const read = readCapabilities(given, revision);
      if (!read.ok) expect(read.error).not.toBe("");
      else expect(Object.keys(read.value).every((key) => ["elicitation", "sampling", "roots", "extensions"].includes(key))).toBe(true);
    }),
  );
});

test("a door declares what it has", () => {
  const none = { prompts: false, resources: false, completions: false, logging: false, extensions: {} };
  expect(offeredCapabilities(none, "session")).toEqual({ tools: { listChanged: true } });
  expect(offeredCapabilities({ ...none, resources: true, extensions: tasks }, "stateless")).toEqual({
    tools: { listChanged: true },
    resources: { subscribe: true, listChanged: true },
    extensions: tasks,
  });
});
