import { describe, expect, test } from "vitest";
import { metBy } from "../../../src/authoring/diff/fail-on.ts";
import { diffPolicies, readFailOn } from "../../../src/authoring/diff/index.ts";
import { markdownReport } from "../../../src/authoring/diff/markdown-report.ts";
import { jsonReport } from "../../../src/authoring/diff/report.ts";
import { textReport } from "../../../src/authoring/diff/text-report.ts";
import { forUser, open, shut, side, tableOf, tool } from "./tables.ts";

const same = (text: string): string => text;
const plain = { bold: same, red: same, green: same, dim: same };

const callers = ["ann-bot", "bob-bot", "cat-bot", "dan-bot"].flatMap((agent) => [forUser(agent), forUser(agent, "support")]);
const bank = Array.from({ length: 40 }, (_, at) => tool(`bank.tool-${String(at).padStart(2, "0")}`, "read"));
const targets = [...bank, tool("crm.refund", "write", "pay"), tool("crm.see", "read")];
const nothing = tableOf(callers, targets, () => shut);

describe("a change of 40 tools", () => {
  const opened = tableOf(callers, targets, ({ groups }, { server }) => (groups?.includes("support") && server === "bank" ? open : shut));
  const diff = diffPolicies(side(nothing), side(opened));

  test("is one block: every agent, the users by their group, the server as a whole", () => {
    expect(diff.changes).toHaveLength(1);
    expect(diff.changes[0]?.blocks.map(({ callersText, targetsText }) => [callersText, targetsText])).toEqual([
      [["every agent (4), for users of support"], "bank.* (all 40 tools)"],
    ]);
    const text = textReport(diff, [], plain);
    expect(text).toContain("gains: 160");
    expect(text).toContain("permitted by role support");
    expect(text.split("\n").length).toBeLessThan(20);
  });

  test("has every pair in JSON", () => {
    const { ok, changes } = JSON.parse(jsonReport(diff, [])) as {
      ok: boolean;
      changes: { cells: number; blocks: { callers: object[]; targets: object[] }[] }[];
    };
    expect([ok, changes[0]?.cells, changes[0]?.blocks[0]?.callers.length, changes[0]?.blocks[0]?.targets.length]).toEqual([
      true,
      160,
      4,
      40,
    ]);
  });
});

describe("what a change must not do", () => {
  const opened = tableOf(callers, targets, (_caller, { server }) => (server === "crm" ? open : shut));
  const gained = diffPolicies(side(nothing), side(opened));
  const lost = diffPolicies(side(opened), side(nothing));
  const met = (word: string, diff = gained) => {
    const failOn = readFailOn(word);
    return failOn.ok ? metBy(diff, failOn.value) : expect.fail(failOn.error);
  };

  test("is told with who and what, only for the effects that were named", () => {
    expect(met("gain")).toEqual(["every agent (4), for any user: crm.* (all 2 tools): unknown -> open"]);
    expect(met("gain:pay")).toEqual(["every agent (4), for any user: crm.refund: unknown -> open"]);
    expect(met("gain:delete,write")).toHaveLength(1);
    expect(met("gain:delete")).toEqual([]);
    expect(met("gain", lost)).toEqual([]);
    expect(met("loss:pay", lost)).toHaveLength(1);
  });

  test("is not got round by a catalog that no longer says what the tool does", () => {
    const relabelled = tableOf(callers, [tool("crm.refund", "read")], () => open);
    const before = side(
      tableOf(callers, [tool("crm.refund", "pay")], () => shut),
      { tools: { "crm.refund": { risk: "high", effects: ["pay"] } } },
    );
    const diff = diffPolicies(before, side(relabelled, { tools: { "crm.refund": { risk: "low", effects: ["read"] } } }));
    expect(met("gain:pay", diff)).toHaveLength(1);
    expect(met("risk-lowered:pay", diff)).toEqual(['tools crm.refund: effects: +read, -pay, risk: "high" -> "low"']);
  });

  test.each([
    [{ limit: 3 }, { limit: 4 }, true],
    [{ limit: 3 }, { limit: 2 }, false],
    [{ window: { kind: "fixed", seconds: 60 } }, { window: { kind: "fixed", seconds: 30 } }, true],
    [{ window: { kind: "fixed", seconds: 60 } }, { window: { kind: "fixed", seconds: 90 } }, false],
    [{ window: { kind: "fixed", seconds: 60 } }, { window: { kind: "rolling", seconds: 60 } }, true],
    [{ window: { kind: "rolling", seconds: 60, burst: 2 } }, { window: { kind: "rolling", seconds: 60, burst: 3 } }, true],
    [{ per: ["user"] }, { per: ["user", "tool"] }, true],
    [{ per: ["user", "tool"] }, { per: ["tool"] }, false],
  ])("a budget from %j to %j: raised %j", (before, after, raised) => {
    const base = { unit: "calls", limit: 3, window: { kind: "fixed", seconds: 60 }, per: ["user"] };
    const sides = [before, after].map((budget) => side(nothing, { budgets: { day: { ...base, ...budget } } }));
    const diff = diffPolicies(sides[0]!, sides[1]!);
    expect(met("budget-raised", diff).length > 0).toBe(raised);
    expect(met("budget-raised:pay", diff).length > 0).toBe(raised);
  });

  test("is a mistake of the command line where the word is not known", () => {
    expect(readFailOn("gian")).toMatchObject({ ok: false, error: expect.stringContaining('did you mean "gain"?') });
    expect(readFailOn("gain:pya")).toMatchObject({ ok: false, error: expect.stringContaining('did you mean "pay"?') });
    expect(readFailOn("gain:pay:write").ok).toBe(false);
    expect(readFailOn("gain:").ok).toBe(false);
    expect(readFailOn("constructor").ok).toBe(false);
  });
});

test("names of servers close no cell of a table, open no element and call nobody", () => {
  const evil = tool("crm.a|b<img src=x>`@everyone");
  const diff = diffPolicies(side(tableOf(callers, [evil], () => shut)), side(tableOf(callers, [evil], () => open)));
  const text = markdownReport(diff, []);
  expect(text).toContain("crm.a\\|b&lt;img src=x&gt;\\`@\u200beveryone");
  expect(text).not.toMatch(/<img|@everyone/);
});

test("a comment of a pull request stays below what GitHub takes, with whole parts", () => {
  const many = Array.from({ length: 3000 }, (_, at) => tool(`s${at % 700}.tool-with-a-name-${at}`, "read"));
  const table = tableOf(
    callers.map((caller, at) => ({ ...caller, agent: `${caller.agent}-${at}` })),
    many,
    () => shut,
  );
  let at = 0;
  const opened = tableOf(table.callers, many, () => ({
    ...open,
    obligations: [],
    conditions: { arguments: false, facts: [], when: `by ${at++ % 900}` },
  }));
  const text = markdownReport(diffPolicies(side(table), side(opened)), []);
  expect(text.length).toBeLessThan(65_536);
  expect(text).toContain("too long for a comment");
  expect(text.split("<details>").length).toBe(text.split("</details>").length);
});
