import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { findOpa } from "../src/authoring/index.ts";
import type { RolloutStep } from "../src/core/operations.ts";
import { buildCompany, bundleKey, issueTokens, type People, type SignedBundle } from "./company.ts";
import { serveKeys, startGate } from "./gate.ts";
import type { Outcome } from "./load.ts";
import { decidedOf, hitRateOf } from "./metrics.ts";
import { beginRollout, type Compared, comparedOf, comparedSince, noneCompared } from "./operator.ts";
import { medianOf, type PairPlan, progress, ratioOf, readPairOptions, roundsOf, withProcesses } from "./pairs.ts";
import { type Running, startModule } from "./processes.ts";
import { aligned, median, shown } from "./report.ts";
import { OPEN_RATE, Turns } from "./turns.ts";

/*
 * What it costs callers that a second bundle is asked about their calls. Three gates in turns within one run: one without a
 * rollout; one with a candidate in shadow that would deny one call in twelve; one with a canary of 50 %, whose candidate
 * decides alike, because whoever is in the share would otherwise be refused.
 *
 *     node bench/shadow.ts [--quick] [--json]
 */

const usage = `node bench/shadow.ts [--quick | --tiny] [--json]

  Calls a second of a gate with a shadow, and with a canary, by those of a gate
  without; latency that they add at ${OPEN_RATE} calls/s. Needs OPA.

  --quick  shorter turns: under a minute instead of under two and a half
  --tiny   seconds, to see that everything runs; its figures mean nothing
  --json   one JSON object instead of the table`;

/** One call in twelve asks for this. */
const stricter = `constrain contains {"code": "agents.bulk", "message": "No bulk reads there."} if {
	"read" in input.tool.effects
	input.args.region == "apac"
	input.args.limit > 50
}`;

const rollouts = {
  shadow: { title: "shadow", step: { mode: "shadow" } },
  canary: { title: "canary of 50 %", step: { mode: "canary", percent: 50 } },
} as const satisfies Record<string, { readonly title: string; readonly step: RolloutStep }>;
type RolloutName = keyof typeof rollouts;
const rolloutNames = Object.keys(rollouts) as RolloutName[];
const NONE = "none";

interface Found {
  readonly rollout: RolloutName;
  /** At full speed: by the gate without a rollout, in turns. */
  readonly throughput_ratio: number | null;
  readonly cpu_ratio: number | null;
  readonly calls_per_s: number | null;
  readonly none_calls_per_s: number | null;
  /** Remembered decisions since the gate started, here and without a rollout: only what decides is remembered, not what is compared. */
  readonly hit_rate: number | null;
  readonly none_hit_rate: number | null;
  readonly full_speed: Compared;
  /** At the fixed rate, over the gate without a rollout. */
  readonly added_p50_ms: number | null;
  readonly added_p99_ms: number | null;
  readonly fixed_rate: Compared;
}

interface Bundles {
  readonly first: SignedBundle;
  readonly second: Readonly<Record<RolloutName, SignedBundle>>;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
const options = readPairOptions(process.argv.slice(2));
if (options === "help") process.stdout.write(`${usage}\n`);
else {
  const found = await bench(options.plan);
  const load_average = Number((loadavg()[0] ?? 0).toFixed(1));
  process.stdout.write(`${options.json ? JSON.stringify({ rollouts: found, load_average }) : tableOf(found, load_average)}\n`);
}

async function bench(plan: PairPlan): Promise<readonly Found[]> {
  const folder = await mkdtemp(join(tmpdir(), "toolgate-shadow-bench-"));
  const people = await issueTokens();
  const keys = await serveKeys(people.jwks);
  try {
    const bundles = await buildBundles(folder);
    return await withProcesses(async (start) => {
      const server = await start(startModule("server"));
      const place = { bundle: bundles.first, serverUrl: `${server.url}/mcp`, jwksUri: keys.url };
      const gate = (name: string) =>
        start(startGate({ ...place, name, folder: join(folder, name), durability: "grouped", remember: true, admin: true }));
      const gates = new Map<string, Running>();
      for (const name of [NONE, ...rolloutNames]) gates.set(name, await gate(name));
      for (const name of rolloutNames)
        await beginRollout(gateOf(gates, name), people.operator, bundles.second[name].bytes, rollouts[name].step);
      return await measure(new Turns(await start(startModule("load")), gates), gates, people, plan);
    });
  } finally {
    keys.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function buildBundles(folder: string): Promise<Bundles> {
  const opa = await findOpa({ env: process.env });
  if (!opa.ok) throw new Error(opa.error);
  progress("building the bundles");
  const key = bundleKey();
  const build = (name: string, sequence: number, rule?: string) =>
    buildCompany(join(folder, "policies", name), opa.value, {
      ...{ key, sequence },
      ruleFor: (each) => (each === "agents" ? rule : undefined),
    });
  return { first: await build("first", 1), second: { shadow: await build("shadow", 2, stricter), canary: await build("canary", 2) } };
}

async function measure(turns: Turns, gates: ReadonlyMap<string, Running>, people: People, plan: PairPlan): Promise<readonly Found[]> {
  for (const name of gates.keys()) await turns.open(name, people.tokens);
  progress("warming up");
  for (const name of gates.keys()) await turns.closed(name, plan.warmS);
  const counted = async (): Promise<ReadonlyMap<RolloutName, Compared>> => {
    // In shadow every call is noted; which ones a canary takes is its own choice.
    const due = (name: RolloutName) => (name === "shadow" ? (turns.sent.get(name) ?? 0) : 0);
    const told = rolloutNames.map(async (name) => [name, await comparedOf(gateOf(gates, name), people.operator, due(name))] as const);
    return new Map(await Promise.all(told));
  };
  const warm = await counted();
  progress(`${plan.rounds} rounds at full speed`);
  // A gate that had nothing to do compares twice as many calls in its first second.
  const rounds = await roundsOf(turns, [...gates.keys()], plan, plan.leadS);
  const fast = await counted();
  const hits = new Map(await Promise.all([...gates].map(async ([name, { url }]) => [name, hitRateOf(await decidedOf(url))] as const)));
  progress(`${plan.openRounds} rounds at ${OPEN_RATE} calls/s`);
  const paced = await pacedRounds(turns, [...gates.keys()], plan);
  const end = await counted();
  return rolloutNames.map((name) => ({
    rollout: name,
    throughput_ratio: ratioOf(rounds, name, NONE, (turn) => turn.calls_per_s),
    cpu_ratio: ratioOf(rounds, name, NONE, (turn) => turn.cpu_us_per_call),
    calls_per_s: medianOf(rounds, name, (turn) => turn.calls_per_s),
    none_calls_per_s: medianOf(rounds, NONE, (turn) => turn.calls_per_s),
    hit_rate: hits.get(name) ?? null,
    none_hit_rate: hits.get(NONE) ?? null,
    full_speed: comparedSince(warm.get(name), fast.get(name) ?? noneCompared),
    added_p50_ms: addedOf(paced, name, (outcome) => outcome.p50_ms),
    added_p99_ms: addedOf(paced, name, (outcome) => outcome.p99_ms),
    fixed_rate: comparedSince(fast.get(name), end.get(name) ?? noneCompared),
  }));
}

type Paced = ReadonlyMap<string, Outcome>;

async function pacedRounds(turns: Turns, names: readonly string[], { openRounds, openS, leadS }: PairPlan): Promise<readonly Paced[]> {
  const done: Paced[] = [];
  for (let round = 0; round < openRounds; round++) {
    const took = new Map<string, Outcome>();
    for (const name of round % 2 === 0 ? names : names.toReversed()) took.set(name, await turns.paced(name, leadS, openS));
    done.push(took);
  }
  return done;
}

function addedOf(paced: readonly Paced[], name: string, read: (outcome: Outcome) => number): number | null {
  const added = paced.flatMap((round) => {
    const [one, none] = [round.get(name), round.get(NONE)];
    return one === undefined || none === undefined ? [] : read(one) - read(none);
  });
  return median(added, 3);
}

function gateOf(gates: ReadonlyMap<string, Running>, name: string): Running {
  const gate = gates.get(name);
  if (gate === undefined) throw new Error(`there is no gate "${name}"`);
  return gate;
}

function tableOf(found: readonly Found[], load: number): string {
  const head = [
    "",
    "of none",
    "CPU",
    "calls/s",
    "none",
    "compared",
    "different",
    "skipped",
    "added p50",
    "added p99",
    "compared",
    "skipped",
  ];
  const rows = found.map((one) => [
    rollouts[one.rollout].title,
    shown(one.throughput_ratio, 2),
    shown(one.cpu_ratio, 2),
    shown(one.calls_per_s, 0),
    shown(one.none_calls_per_s, 0),
    ...[one.full_speed.compared, one.full_speed.different, one.full_speed.skipped].map(String),
    shown(one.added_p50_ms, 2),
    shown(one.added_p99_ms, 2),
    ...[one.fixed_rate.compared, one.fixed_rate.skipped].map(String),
  ]);
  const note = `the first eight at full speed, the last four at ${OPEN_RATE} calls/s, milliseconds; load average at the end ${load}`;
  return `${aligned([head, ...rows])}\n\n${note}`;
}
