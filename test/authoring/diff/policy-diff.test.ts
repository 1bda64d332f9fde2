import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AccessCell, AccessTable } from "../../../src/authoring/access/index.ts";
import { aspects } from "../../../src/authoring/diff/aspects.ts";
import { cellText } from "../../../src/authoring/diff/cell-changes.ts";
import { diffPolicies, isUnchanged, type PolicyDiff } from "../../../src/authoring/diff/index.ts";
import { callerKey, targetKey } from "../../../src/authoring/words/index.ts";
import { alike, anyTable, forUser, open, shut, side, tableOf, tool } from "./tables.ts";

const pairs = fc.oneof(
  fc.tuple(anyTable, anyTable),
  anyTable.chain((table) => alike(table).map((other): [AccessTable, AccessTable] => [table, other])),
  anyTable.map((table): [AccessTable, AccessTable] => [table, { ...table, callers: table.callers.toReversed() }]),
);

/** A table as one text, whatever order it is told in. */
function tableText({ callers, targets, cell }: AccessTable): string {
  const cells = callers.flatMap((caller) =>
    targets.map((target) => [callerKey(caller), targetKey(target), cellText(cell(caller, target))]),
  );
  const told = targets.map((target) => JSON.stringify(target));
  return JSON.stringify([callers.map(callerKey).sort(), told.sort(), cells.map((one) => JSON.stringify(one)).sort()]);
}

/** Which pairs each aspect was told of. */
function told({ changes }: PolicyDiff, mirrored = false): readonly string[] {
  return changes
    .flatMap(({ aspect, blocks }) =>
      blocks.flatMap(({ callers, targets }) =>
        callers.flatMap((caller) =>
          targets.map((target) => `${mirrored ? aspects[aspect].mirror : aspect} ${callerKey(caller)} ${targetKey(target)}`),
        ),
      ),
    )
    .filter((one, at, all) => all.indexOf(one) === at)
    .sort();
}

const diffOf = (before: AccessTable, after: AccessTable) => diffPolicies(side(before), side(after));
const diffCells = (before: AccessCell, after: AccessCell) =>
  diffOf(
    tableOf([forUser("one")], [tool("crm.get")], () => before),
    tableOf([forUser("one")], [tool("crm.get")], () => after),
  ).changes.map(({ aspect, detail }) => ({ aspect, detail }));

describe("a comparison of two tables", () => {
  test("is empty exactly if they say the same", () => {
    fc.assert(
      fc.property(pairs, ([before, after]) => {
        expect(isUnchanged(diffOf(before, after))).toBe(tableText(before) === tableText(after));
      }),
    );
  });

  test("tells a gain as a loss, and each other aspect as its mirror, when the sides change places", () => {
    fc.assert(
      fc.property(pairs, ([before, after]) => {
        expect(told(diffOf(before, after))).toEqual(told(diffOf(after, before), true));
      }),
    );
  });

  test("tells of each cell that opens, and of no other", () => {
    fc.assert(
      fc.property(anyTable, (table) => {
        const none = tableOf(table.callers, table.targets, () => shut);
        const found = told(diffOf(none, table)).filter((one) => one.startsWith("gain "));
        const opened = table.callers.flatMap((caller) =>
          table.targets
            .filter((target) => table.cell(caller, target).state === "open")
            .map((target) => callerKey(caller) + targetKey(target)),
        );
        expect(found.length).toBe(opened.length);
      }),
    );
  });
});

describe("between two cells", () => {
  const asks = (min: number, ttl_s: number): AccessCell => ({
    ...open,
    effect: "ask",
    obligations: [{ type: "approve", rule: "refunds", group: "finance", min, ttl_s }],
  });
  const spends = (cost: number): AccessCell => ({ ...open, obligations: [{ type: "budget", rule: "rate", name: "calls", cost }] });
  const times = (
    when: string,
    effect: "allow" | "ask" = "allow",
    ...otherwise: AccessCell["conditions"]["otherwise"] & object
  ): AccessCell => ({
    ...{ ...open, effect },
    conditions: { ...open.conditions, when, otherwise: otherwise.length === 0 ? ["closed"] : otherwise },
  });
  const reads = (...facts: readonly string[]): AccessCell => ({ ...open, conditions: { arguments: true, facts } });
  const closed: AccessCell = { ...shut, state: "closed", reasons: [{ code: "desk.closed", rule: "desk" }] };

  test.each<[string, AccessCell, AccessCell, readonly string[]]>([
    ["what opens is gained", shut, open, ["gain"]],
    ["what is no longer denied is gained", closed, open, ["gain"]],
    ["what shuts is lost", open, closed, ["loss"]],
    ["more hours are a gain", times("mon-fri 08-18"), times("mon-sat 08-18"), ["gain"]],
    ["other hours are both", times("mon-fri 08-18"), times("mon-fri 09-19"), ["gain", "loss"]],
    ["hours that go away are a gain", times("mon-fri 08-18"), open, ["gain"]],
    ["hours that nobody can read are both", times("by the moon"), times("by the sun"), ["gain", "loss"]],
    ["the same hours in other words are neither", times("mon-fri 08-18"), times("mon,tue-fri 08-18"), ["otherwise"]],
    ["an approval only at night", times("08-18", "ask", "allow"), times("18-08", "ask", "allow"), ["approval-removed", "approval-added"]],
    ["an approval at fewer hours", times("08-20", "ask", "allow"), times("08-18", "ask", "allow"), ["approval-removed"]],
    ["an approval that stands in for a closed door", times("08-18"), times("08-18", "allow", "ask"), ["gain"]],
    ["an approval at no hour", times("08-18", "allow", "ask"), open, ["approval-removed"]],
    ["a sample that is let through is a gain", { ...open, effect: "deny" }, asks(1, 9), ["gain"]],
    ["an approval that goes away", asks(1, 9), open, ["approval-removed"]],
    ["fewer approvers", asks(2, 9), asks(1, 9), ["approval-removed"]],
    ["a grant that lasts longer", asks(1, 9), asks(1, 99), ["approval-removed"]],
    ["more approvers for a longer time", asks(1, 9), asks(2, 99), ["approval-removed", "approval-added"]],
    ["a budget that is no longer spent", spends(2), open, ["budget-lifted"]],
    ["a call that costs less", spends(2), spends(1), ["budget-lifted"]],
    ["a call that costs more", spends(1), spends(2), ["budget-imposed"]],
    ["a constrain that goes away", reads(), open, ["fewer-conditions"]],
    ["another fact in place of one", reads("network"), reads("user.email"), ["fewer-conditions", "more-conditions"]],
    [
      "a fact that may open what was tried in vain",
      shut,
      { ...shut, conditions: { arguments: false, facts: ["user.email"] } },
      ["may-open"],
    ],
    ["what can be found out now", shut, closed, ["known"]],
    ["other reasons", closed, { ...closed, reasons: [] }, ["otherwise"]],
    ["another rule that permits it", open, { ...open, permits: [] }, ["otherwise"]],
  ])("%s", (_title, before, after, wanted) => {
    expect(diffCells(before, after).map(({ aspect }) => aspect)).toEqual(wanted);
  });

  test("a limit that goes away is raised, a log that goes away too", () => {
    const limited: AccessCell = {
      ...open,
      obligations: [
        { type: "timeout", rule: "rate", ms: 5 },
        { type: "log", rule: "rate", level: "warn" },
      ],
    };
    expect(diffCells(limited, open)).toEqual([
      { aspect: "limit-raised", detail: "log warn: 1 -> none" },
      { aspect: "limit-raised", detail: "time-out in ms: 5 -> none" },
    ]);
  });
});
