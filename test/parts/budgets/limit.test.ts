import { expect, test } from "vitest";
import { budgetsConfig, limitMistake, type Window } from "../../../src/parts/budgets/index.ts";

const day: Window = { kind: "rolling", seconds: 86_400 };

test.each<[number, Window]>([
  [0, { kind: "fixed", seconds: 1 }],
  [Number.MAX_SAFE_INTEGER, { kind: "fixed", seconds: 86_400 }],
  [1, day],
  [10 * 2 ** 30, day],
  [100, { kind: "rolling", seconds: 60, burst: 10 }],
])("a limit of %d in %o can be counted", (limit, window) => {
  expect(limitMistake(limit, window)).toBeUndefined();
});

test.each<[number, Window, string]>([
  [-1, day, 'limit "-1"'],
  [1.5, day, 'limit "1.5"'],
  [2 ** 53, day, "limit"],
  [0, day, 'a rolling limit must be at least 1; found "0"'],
  [1, { kind: "fixed", seconds: 0 }, 'window of "0" seconds'],
  [1, { kind: "fixed", seconds: 1.5 }, 'window of "1.5" seconds'],
  [1, { kind: "rolling", seconds: 60, burst: 0 }, 'burst "0"'],
  [999_999_999_999_989, day, "cannot be counted exactly"],
])("a limit of %d in %o is a mistake that names what was found", (limit, window, message) => {
  expect(limitMistake(limit, window)).toContain(message);
});

test("the section has defaults and refuses unknown keys", () => {
  expect(budgetsConfig.parse({})).toEqual({ max_holds: 100_000, max_counters: 1_000_000 });
  expect(budgetsConfig.safeParse({ limit: 3 }).success).toBe(false);
});
