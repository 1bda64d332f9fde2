import type { AccessCaller, AccessCell, AccessTable, AccessTarget } from "../../../src/authoring/index.ts";

const plain: AccessCell = {
  state: "open",
  effect: "allow",
  sampled: true,
  permits: [{ rule: "role", id: "support" }],
  reasons: [],
  obligations: [],
  conditions: { arguments: false, facts: ["client"] },
};

export const cells = {
  plain,
  judged: { ...plain, conditions: { arguments: true, facts: ["client", "user.auth"] } },
  timed: { ...plain, effect: "ask", conditions: { arguments: false, facts: ["client"], when: "mon-fri 08-18", otherwise: ["closed"] } },
  refused: { ...plain, effect: "deny", reasons: [{ code: "x.no", rule: "x", message: 'not "you"' }] },
  closed: { ...plain, state: "closed", reasons: [{ code: "x.shut", rule: "x" }] },
  unknown: { ...plain, state: "unknown", permits: [], conditions: { arguments: true, facts: [] } },
} as const satisfies Record<string, AccessCell>;

export function callersOf(...names: readonly string[]): readonly AccessCaller[] {
  return names.map((agent) => ({ agent, kind: "user_via_agent", groups: ["support"] }));
}

export function targetsOf(...ids: readonly string[]): readonly AccessTarget[] {
  return ids.map((id) => ({ kind: "tool", id, server: id.split(".")[0] ?? "", effects: ["read"], risk: "low" }));
}

/** Rows of callers with the same cells are taken together, as the engine does. */
export function tableOf(
  callers: readonly AccessCaller[],
  targets: readonly AccessTarget[],
  rows: readonly (readonly AccessCell[])[],
): AccessTable {
  const alike: AccessCaller[][] = [];
  const seen: (readonly AccessCell[])[] = [];
  for (const [at, caller] of callers.entries()) {
    const row = rows[at] ?? [];
    const place = seen.findIndex((other) => other.every((cell, column) => cell === row[column]));
    if (place === -1) {
      seen.push(row);
      alike.push([caller]);
    } else alike[place]?.push(caller);
  }
  return {
    callers,
    targets,
    alike,
    cell: (caller, target) => rows[callers.indexOf(caller)]?.[targets.indexOf(target)] ?? cells.unknown,
    failures: [],
    notes: ['left out: the agent "old" is retired'],
  };
}
