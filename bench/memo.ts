import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { findOpa } from "../src/authoring/index.ts";
import { buildCompany, issueTokens, type SignedBundle } from "./company.ts";
import { serveKeys, startGate } from "./gate.ts";
import { decidedOf, decidedSince, hitRateOf } from "./metrics.ts";
import { medianOf, type PairPlan, percentage, progress, ratioOf, readPairOptions, roundsOf, withProcesses } from "./pairs.ts";
import { startModule } from "./processes.ts";
import { aligned, shown } from "./report.ts";
import { Turns } from "./turns.ts";

/*
 * What remembering decisions is worth, and that it costs nothing where none comes back. One gate remembers and one does not,
 * in turns within one run, for three companies: the bench's own; one in which every package also reads the exact time, so
 * that no call has a key; and one whose rules read every argument, so that every call has a key and none returns.
 *
 *     node bench/memo.ts [--quick] [--json]
 */

const usage = `node bench/memo.ts [--quick | --tiny] [--json]

  Calls a second with remembered decisions by those without, and how many were
  remembered, for three companies. Needs OPA.

  --quick  shorter turns: under a minute and a half instead of under three minutes
  --tiny   seconds, to see that everything runs; its figures mean nothing
  --json   one JSON object instead of the table`;

/** Conditions that never hold, one for each argument of the tools with this effect. */
const conditions = {
  read: ['id == "none"', 'query == "none"', "limit > 1000", 'region == "none"'],
  write: ['target == "none"', 'note == "none"', "limit > 1000", 'region == "none"', "export == true"],
} as const;

const companies = {
  usual: { title: "the bench's own", ruleFor: () => undefined },
  exact_time: {
    title: "every package reads the time",
    ruleFor: (name: string) => `deny contains {"code": "${name}.too_early", "message": "Too early."} if {\n\tinput.time.ns < 0\n}`,
  },
  every_argument: {
    title: "rules read every argument",
    ruleFor: (name: string) => (name === "arguments" ? everyArgument : undefined),
  },
} as const;
type CompanyName = keyof typeof companies;

const everyArgument = Object.entries(conditions)
  .flatMap(([effect, each]) => each.map((condition, at) => constrain(effect, condition, at)))
  .join("\n\n");

function constrain(effect: string, condition: string, at: number): string {
  const head = `constrain contains {"code": "arguments.${effect}_${at}", "message": "Not this."} if {`;
  return `${head}\n\t"${effect}" in input.tool.effects\n\tinput.args.${condition}\n}`;
}

interface Found {
  readonly company: CompanyName;
  /** With the memo by without it, in turns. */
  readonly throughput_ratio: number | null;
  readonly cpu_ratio: number | null;
  readonly hit_rate: number | null;
  /** Share of the decisions for which there was a key to look for. */
  readonly keyed: number | null;
  readonly with_calls_per_s: number | null;
  readonly without_calls_per_s: number | null;
  readonly with_cpu_us: number | null;
  readonly without_cpu_us: number | null;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
const options = readPairOptions(process.argv.slice(2));
if (options === "help") process.stdout.write(`${usage}\n`);
else {
  const found = await bench(options.plan);
  const load_average = Number((loadavg()[0] ?? 0).toFixed(1));
  process.stdout.write(`${options.json ? JSON.stringify({ companies: found, load_average }) : tableOf(found, load_average)}\n`);
}

async function bench(plan: PairPlan): Promise<readonly Found[]> {
  const folder = await mkdtemp(join(tmpdir(), "toolgate-memo-bench-"));
  try {
    const opa = await findOpa({ env: process.env });
    if (!opa.ok) throw new Error(opa.error);
    const found: Found[] = [];
    for (const name of Object.keys(companies) as CompanyName[]) {
      const place = join(folder, name);
      progress(`${companies[name].title}: building the bundle`);
      const bundle = await buildCompany(join(place, "policies"), opa.value, { ruleFor: companies[name].ruleFor });
      found.push(await measure(name, bundle, place, plan));
    }
    return found;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(company: CompanyName, bundle: SignedBundle, folder: string, plan: PairPlan): Promise<Found> {
  const people = await issueTokens();
  const keys = await serveKeys(people.jwks);
  try {
    return await withProcesses(async (start) => {
      const server = await start(startModule("server"));
      const place = { bundle, serverUrl: `${server.url}/mcp`, jwksUri: keys.url, durability: "grouped" as const };
      const gate = (name: string, remember: boolean) => start(startGate({ ...place, name, remember, folder: join(folder, name) }));
      const gates = new Map([
        ["with", await gate("with", true)],
        ["without", await gate("without", false)],
      ]);
      const turns = new Turns(await start(startModule("load")), gates);
      for (const name of gates.keys()) await turns.open(name, people.tokens);
      for (const name of gates.keys()) await turns.closed(name, plan.warmS);
      const url = gates.get("with")?.url ?? "";
      const warm = await decidedOf(url);
      progress(`${companies[company].title}: ${plan.rounds} rounds with and without`);
      const rounds = await roundsOf(turns, [...gates.keys()], plan);
      const decided = decidedSince(warm, await decidedOf(url));
      const all = decided.memo + decided.policy + decided.policy_unkeyed;
      return {
        company,
        throughput_ratio: ratioOf(rounds, "with", "without", (turn) => turn.calls_per_s),
        cpu_ratio: ratioOf(rounds, "with", "without", (turn) => turn.cpu_us_per_call),
        hit_rate: hitRateOf(decided),
        keyed: all === 0 ? null : Number(((decided.memo + decided.policy) / all).toFixed(4)),
        with_calls_per_s: medianOf(rounds, "with", (turn) => turn.calls_per_s),
        without_calls_per_s: medianOf(rounds, "without", (turn) => turn.calls_per_s),
        with_cpu_us: medianOf(rounds, "with", (turn) => turn.cpu_us_per_call),
        without_cpu_us: medianOf(rounds, "without", (turn) => turn.cpu_us_per_call),
      };
    });
  } finally {
    keys.close();
  }
}

function tableOf(found: readonly Found[], load: number): string {
  const head = ["", "with / without", "CPU", "remembered", "with a key", "calls/s with", "without", "CPU µs with", "without"];
  const rows = found.map((one) => [
    companies[one.company].title,
    shown(one.throughput_ratio, 2),
    shown(one.cpu_ratio, 2),
    percentage(one.hit_rate),
    percentage(one.keyed),
    shown(one.with_calls_per_s, 0),
    shown(one.without_calls_per_s, 0),
    shown(one.with_cpu_us, 1),
    shown(one.without_cpu_us, 1),
  ]);
  return `${aligned([head, ...rows])}\n\nload average at the end ${load}`;
}
