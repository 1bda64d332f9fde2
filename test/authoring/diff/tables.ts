import fc from "fast-check";
import type { AccessCaller, AccessCell, AccessTable, AccessTarget } from "../../../src/authoring/access/index.ts";
import type { DiffSide, Holdings } from "../../../src/authoring/diff/index.ts";
import { callerKey, nowhere, targetKey } from "../../../src/authoring/words/index.ts";

export const noHoldings: Holdings = {
  agents: {},
  groups: {},
  operators: {},
  roles: {},
  servers: {},
  tools: {},
  prompts: {},
  resources: {},
  budgets: {},
  rules: {},
};

export const shut: AccessCell = {
  ...{ state: "unknown", sampled: false, permits: [], reasons: [], obligations: [] },
  conditions: { arguments: false, facts: [] },
};
export const open: AccessCell = { ...shut, state: "open", effect: "allow", sampled: true, permits: [{ rule: "role", id: "support" }] };

export const tool = (id: string, ...effects: AccessTarget["effects"]): AccessTarget => ({
  kind: "tool",
  id,
  server: id.split(".")[0] ?? "",
  effects,
});
export const forUser = (agent: string, ...groups: readonly string[]): AccessCaller => ({ agent, kind: "user_via_agent", groups });

export function tableOf(
  callers: readonly AccessCaller[],
  targets: readonly AccessTarget[],
  cell: (caller: AccessCaller, target: AccessTarget) => AccessCell | undefined,
): AccessTable {
  const alike = callers.map((caller) => [caller]);
  return { callers, targets, alike, cell: (caller, target) => cell(caller, target) ?? shut, failures: [], notes: [] };
}

export const side = (table: AccessTable, holdings: Partial<Holdings> = {}, name = "policies"): DiffSide => ({
  ...{ name, table, places: nowhere },
  holdings: { ...noHoldings, ...holdings },
});

const word = fc.constantFrom("a", "b", "c");
const some = <T>(item: fc.Arbitrary<T>, key: (item: T) => string) => fc.uniqueArray(item, { maxLength: 2, selector: key });

const obligation = fc.oneof(
  fc.record({ type: fc.constant("budget" as const), rule: word, name: word, cost: fc.integer({ min: 1, max: 3 }) }),
  fc.record({
    ...{ type: fc.constant("approve" as const), rule: word, group: word },
    ...{ ttl_s: fc.integer({ min: 1, max: 3 }), min: fc.integer({ min: 1, max: 3 }) },
  }),
  fc.record({ type: fc.constant("timeout" as const), rule: word, ms: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ type: fc.constant("limit_result" as const), rule: word, bytes: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ type: fc.constant("log" as const), rule: word, level: word }),
);

export const anyCell: fc.Arbitrary<AccessCell> = fc.oneof(
  { weight: 1, arbitrary: fc.constant(shut) },
  {
    weight: 5,
    arbitrary: fc
      .record({
        state: fc.constantFrom("unknown" as const, "closed" as const, "open" as const),
        effect: fc.constantFrom("allow" as const, "ask" as const, "deny" as const),
        sampled: fc.boolean(),
        permits: some(fc.record({ rule: word, id: word }), JSON.stringify),
        reasons: some(fc.record({ code: word, rule: word }), JSON.stringify),
        obligations: some(obligation, JSON.stringify),
        arguments: fc.boolean(),
        when: fc.constantFrom(undefined, "08-18", "mon-fri 08-18", "mon-fri 09-17", "sat; sun 08-12", "by the moon"),
        otherwise: fc.subarray(["unknown" as const, "closed" as const, "allow" as const, "ask" as const, "deny" as const], {
          minLength: 1,
        }),
        facts: fc.subarray(["client", "network", "user.email"]),
      })
      .map(({ effect, when, otherwise, facts, arguments: looked, ...cell }) => ({
        ...cell,
        ...(cell.state === "open" && { effect }),
        conditions: { arguments: looked, facts, ...(cell.state === "open" && when !== undefined && { when, otherwise }) },
      })),
  },
);

const callers = fc.uniqueArray(
  fc.constantFrom<AccessCaller>(
    ...[forUser("one"), forUser("one", "a"), forUser("one", "a", "b"), forUser("two", "a"), { agent: "two", kind: "agent" as const }],
  ),
  { selector: callerKey, minLength: 1 },
);
const targets = fc.uniqueArray(
  fc.constantFrom(tool("crm.get", "read"), tool("crm.put", "write"), tool("crm.put"), tool("pay.pay", "pay"), tool("pay.see")),
  { selector: targetKey, minLength: 1 },
);

export const anyTable: fc.Arbitrary<AccessTable> = fc
  .record({ callers, targets, cells: fc.array(anyCell, { minLength: 25, maxLength: 25 }) })
  .map(({ callers: rows, targets: columns, cells }) => {
    const at = new Map(
      rows.flatMap((row, r) => columns.map((column, c) => [callerKey(row) + targetKey(column), cells[r * 5 + c]] as const)),
    );
    return tableOf(rows, columns, (caller, target) => at.get(callerKey(caller) + targetKey(target)));
  });

/** The same table with some of its cells drawn anew. */
export const alike = (table: AccessTable): fc.Arbitrary<AccessTable> =>
  fc
    .array(fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: anyCell }), { minLength: 25, maxLength: 25 })
    .map((drawn) => {
      const cells = new Map(
        table.callers.flatMap((row, r) =>
          table.targets.map((column, c) => [callerKey(row) + targetKey(column), drawn[r * 5 + c]] as const),
        ),
      );
      return tableOf(
        table.callers,
        table.targets,
        (caller, target) => cells.get(callerKey(caller) + targetKey(target)) ?? table.cell(caller, target),
      );
    });
