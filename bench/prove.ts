import { performance } from "node:perf_hooks";
import type { AccessCaller, AccessCell, AccessTable, AccessTarget } from "../src/authoring/access/index.ts";
import type { ProofFacts } from "../src/authoring/prove/facts.ts";
import { prove } from "../src/authoring/prove/prove.ts";
import { readInvariants } from "../src/authoring/prove/read-invariants.ts";

/*
 * How long 20 invariants take on top of a table of 1 000 agents by 1 000 tools. The table is generated, so that nothing but
 * the proof is timed: once with callers of which many are alike, as a company has them, and once with none.
 *
 *     node bench/prove.ts
 */

if (process.argv.includes("--help")) {
  process.stdout.write("node bench/prove.ts\n\n  20 invariants over a generated table of 1 000 agents by 1 000 tools; takes seconds\n");
  process.exit(0);
}

const AGENTS = 1000;
const TOOLS = 1000;
const TEAMS = 20;
const effects = [["read"], ["write"], ["delete"], ["send"], ["write", "pay"]] as const;
const classes = ["personal", "bank", "internal", "public"];

const agents = Array.from({ length: AGENTS }, (_, at) => `agent-${at}`);
const targets: readonly AccessTarget[] = Array.from({ length: TOOLS }, (_, at) => ({
  ...{ kind: "tool", id: `server-${at % 50}.tool-${at}`, server: `server-${at % 50}`, risk: at % 9 === 0 ? "high" : "low" },
  effects: effects[at % effects.length] ?? [],
}));
const callers: readonly AccessCaller[] = agents.flatMap((agent): AccessCaller[] => [
  { agent, kind: "user_via_agent", groups: [] },
  { agent, kind: "user_via_agent", groups: ["staff"] },
  { agent, kind: "agent" },
]);

const facts: ProofFacts = {
  agents: new Map(
    agents.map((id, at) => [
      id,
      {
        ...{ team: `team-${at % TEAMS}`, owner: `owner-${at % 7}`, environment: "production", surface: "chat", status: "active" },
        ...{ roles: [`role-${at % 60}`], rolesAlone: [] },
      },
    ]),
  ),
  servers: new Map(Array.from({ length: 50 }, (_, at) => [`server-${at}`, { environment: "production", trust: "internal" }])),
  target: ({ id }) => ({ dataClasses: [classes[id.length % 4] ?? ""], idempotent: true }),
  groups: new Set(["staff"]),
  budgets: new Set(["per-day"]),
  roles: new Set(Array.from({ length: 60 }, (_, at) => `role-${at}`)),
  dataClasses: new Set(classes),
};

const shut: AccessCell = {
  ...{ state: "unknown", sampled: false, permits: [], reasons: [], obligations: [] },
  conditions: { arguments: false, facts: ["client"] },
};
const cells: readonly AccessCell[] = Array.from({ length: 60 }, (_, at) => ({
  ...{ state: "open", effect: at % 3 === 0 ? "ask" : "allow", sampled: true, permits: [{ rule: "role", id: `role-${at}` }] },
  ...{ reasons: [], obligations: [{ type: "budget", rule: "rate", name: "per-day", cost: 1 }] },
  conditions: { arguments: at % 2 === 0, facts: ["client"] },
}));

/** `classesOfCallers`: how many kinds of callers the table tells apart. */
function tableOf(classesOfCallers: number): AccessTable {
  const places = new Map(callers.map((caller, at) => [caller, at]));
  const columns = new Map(targets.map((target, at) => [target, at]));
  const alike: AccessCaller[][] = Array.from({ length: classesOfCallers }, () => []);
  for (const [at, caller] of callers.entries()) alike[at % classesOfCallers]?.push(caller);
  return {
    ...{ callers, targets, alike, failures: [], notes: [] },
    cell(caller, target) {
      const row = (places.get(caller) ?? 0) % classesOfCallers;
      const column = columns.get(target) ?? 0;
      return (row * 7 + column) % 5 === 0 ? (cells[(row + column) % cells.length] ?? shut) : shut;
    },
  };
}

const statements = Array.from({ length: 20 }, (_, at) => {
  const team = `team-${at % TEAMS}`;
  const bodies = [
    `agents: { not: { team: ${team} } }, targets: { effects: pay }, never: reach`,
    `targets: { effects: delete }, always: ask`,
    `agents: { mode: agent }, targets: { server: server-${at} }, never: reach`,
    `agents: { team: ${team} }, only: { effects: { only: [read, write] } }`,
    `users: { has_none_of: staff }, targets: { data_classes: bank }, never: reach`,
    `always: { budget: per-day }`,
    `agents: { team: ${team} }, targets: { id: "server-1.*" }, may: reach`,
    `always: closed, outside: mon-fri 08-18`,
  ];
  return `  - { name: number ${at}, ${bodies[at % bodies.length]} }`;
});
const read = readInvariants("bench", `version: 1\ninvariants:\n${statements.join("\n")}\n`);
if (!read.ok) throw new Error(JSON.stringify(read.error));

const seconds: Record<string, number> = {};
for (const [name, count] of [
  ["alike", 120],
  ["all_different", callers.length],
] as const) {
  const table = tableOf(count);
  const started = performance.now();
  const verdicts = prove(read.value, table, facts);
  seconds[name] = Math.round(performance.now() - started) / 1000;
  if (verdicts.length !== 20) throw new Error("not every invariant was judged");
}
console.log(JSON.stringify({ agents: AGENTS, callers: callers.length, tools: TOOLS, invariants: 20, seconds }));
