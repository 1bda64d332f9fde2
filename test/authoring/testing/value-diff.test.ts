import fc from "fast-check";
import { expect, test } from "vitest";
import { fullDiff, wantedDiff } from "../../../src/authoring/testing/value-diff.ts";
import { fits } from "../../../src/parts/policy/index.ts";

test("a leaf, a member that is not there and an element too many are told by their path", () => {
  const found = { effect: "deny", known: true, reasons: [{ code: "a" }, { code: "b", rule: "r" }] };
  expect(wantedDiff(found, { effect: "allow", known: true })).toEqual([{ path: "effect", wanted: "allow", found: "deny" }]);
  expect(wantedDiff(found, { reasons: [{ code: "a" }] })).toEqual([{ path: "reasons", found: { code: "b", rule: "r" } }]);
  expect(wantedDiff(found, { reasons: [{ code: "b" }, { code: "a" }, { code: "c" }] })).toEqual([
    { path: "reasons", wanted: { code: "c" } },
  ]);
  expect(wantedDiff(found, { reasons: [{ code: "a" }, { code: "b", rule: "s" }] })).toEqual([
    { path: "reasons[1].rule", wanted: "s", found: "r" },
  ]);
  expect(wantedDiff(found, { remedy: "x" })).toEqual([{ path: "remedy", wanted: "x" }]);
});

test("two answers are compared in full and in order", () => {
  expect(fullDiff({ a: [1, 2] }, { a: [2, 1] })).toEqual([
    { path: "a[0]", opa: 1, production: 2 },
    { path: "a[1]", opa: 2, production: 1 },
  ]);
  expect(fullDiff({ a: 1 }, { a: 1, b: null })).toEqual([{ path: "b", production: null }]);
});

const json = fc.jsonValue({ maxDepth: 3 });

test("there is a difference exactly where a value is not as wanted", () => {
  fc.assert(fc.property(json, json, (found, wanted) => (wantedDiff(found, wanted).length === 0) === fits(found, wanted)));
});

test("a value never differs from itself, and two that differ have a difference", () => {
  fc.assert(
    fc.property(json, json, (a, b) => {
      expect(fullDiff(a, structuredClone(a))).toEqual([]);
      if (JSON.stringify(sorted(a)) !== JSON.stringify(sorted(b))) expect(fullDiff(a, b)).not.toEqual([]);
    }),
  );
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, sorted(member)]),
  );
}
