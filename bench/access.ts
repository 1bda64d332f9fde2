import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accessOf, findOpa, openWorkbench } from "../src/authoring/index.ts";
import { type CompanySize, writeCompany } from "./access-company.ts";

/*
 * How long the table of access takes: `node bench/access.ts`. Needs OPA, as `bundle build` does. Each company is built, and
 * every cell of its table is asked of the production evaluator; the seconds are those of the asking.
 */

if (process.argv.includes("--help")) {
  process.stdout.write("node bench/access.ts\n\n  three companies of 1 000 agents by 1 000 tools, one line of JSON each; takes minutes\n");
  process.exit(0);
}

const at = Date.UTC(2026, 2, 3, 11, 0);
const size = { agents: 1000, servers: 50, toolsPerServer: 20, roles: 60, groups: 20 } as const;

interface Run {
  readonly title: string;
  readonly size: CompanySize;
  /** Sets of groups that users have; without it each group alone, none and all. */
  readonly groups?: readonly (readonly string[])[];
}

const somebodys = ["group-000", "group-004", "group-008"];
const runs: readonly Run[] = [
  { title: "one set of groups", size: { ...size, untold: false }, groups: [somebodys] },
  { title: "each of 20 groups, none and all", size: { ...size, untold: false } },
  { title: "one set of groups; nobody can tell what a package reads", size: { ...size, untold: true }, groups: [somebodys] },
];

const TIME_LIMIT_MS = 600_000;
const limit = setTimeout(() => {
  process.stderr.write("the bench takes longer than ten minutes\n");
  process.exit(1);
}, TIME_LIMIT_MS);
limit.unref();

for (const run of runs) {
  const folder = await mkdtemp(join(tmpdir(), "toolgate-access-"));
  try {
    await measure(run, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure({ title, size, groups }: Run, folder: string): Promise<void> {
  await writeCompany(folder, size);
  const building = performance.now();
  const opened = await openWorkbench(folder, { findOpa: () => findOpa({ env: process.env }) });
  if (!opened.ok) throw new Error(JSON.stringify(opened.error).slice(0, 2000));
  const asking = performance.now();
  const before = process.cpuUsage();
  try {
    const table = await accessOf(opened.value, { at, ...(groups && { groups }) });
    const done = performance.now();
    const { user, system } = process.cpuUsage(before);
    if (table.failures.length > 0) throw new Error(table.failures.join("\n"));
    let open = 0;
    const cells = new Set<unknown>();
    for (const [caller = table.callers[0], ...others] of table.alike) {
      for (const target of table.targets) {
        const cell = caller && table.cell(caller, target);
        cells.add(cell);
        if (cell?.state === "open") open += others.length + 1;
      }
    }
    const all = table.callers.length * table.targets.length;
    const report = {
      ...{ company: title, agents: size.agents, callers: table.callers.length, tools: table.targets.length, cells: all, open },
      ...{ different_callers: table.alike.length, different_cells: cells.size },
      // Processor time of all threads tells the same on a machine that is busy with something else.
      ...{
        build_s: seconds(building, asking),
        table_s: seconds(asking, done),
        table_cpu_s: seconds(0, (user + system) / 1000),
        memory_mb: Math.round(process.memoryUsage().rss / 2 ** 20),
      },
    };
    process.stdout.write(`${JSON.stringify(report)}\n`);
  } finally {
    await opened.value.close();
  }
}

function seconds(from: number, to: number): number {
  return Math.round((to - from) / 10) / 100;
}
