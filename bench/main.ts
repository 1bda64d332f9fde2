import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findOpa } from "../src/authoring/index.ts";
import { findRedis, startRedis } from "../test/support/redis.ts";
import { buildCompany, issueTokens, type People, type SignedBundle } from "./company.ts";
import { logFolderOf, serveKeys, startGate } from "./gate.ts";
import { measureIdleStreams } from "./idle-streams.ts";
import { measureLarge } from "./large.ts";
import { checkLog, type Recorded, recordedInputs } from "./log-check.ts";
import { Bench, type GateName, type Measured, type Target, type TargetName } from "./measure.ts";
import { type Options, readOptions, usage } from "./options.ts";
import { timePolicy } from "./policy-times.ts";
import { type Running, startModule } from "./processes.ts";
import { type Figures, figuresOf, tableOf } from "./report.ts";

/** `npm run bench`: what the gate costs, beside what any JSON proxy costs. bench/README.md says what each figure means. */

const root = join(import.meta.dirname, "..");
const INPUTS = 500;

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

const options = readOptions(process.argv.slice(2));
if (options === "help") process.stdout.write(`${usage}\n`);
else {
  try {
    const figures = await bench(options);
    process.stdout.write(options.json ? `${JSON.stringify(figures)}\n` : `${tableOf(figures)}\n`);
  } catch (error) {
    progress(error instanceof Error ? error.message : String(error));
    // What is still running is ended on the way out.
    process.exit(1);
  }
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function bench(chosen: Options): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), "toolgate-bench-"));
  try {
    const opa = await findOpa({ env: process.env, installInto: join(root, ".cache", "bin") });
    if (!opa.ok) throw new Error(opa.error);
    progress("building the bundle");
    const bundle = await buildCompany(join(folder, "policies"), opa.value);
    const measured = await measure(chosen, bundle, folder);
    const recorded = await checkLogs(folder, measured);
    progress("timing policy");
    const inputs = await recordedInputs(logFolderOf(join(folder, chosen.gates[0] ?? "memory")), INPUTS);
    return figuresOf(measured, recorded, await timePolicy(bundle.bytes, inputs, chosen.evaluations));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Starts every process, measures, and ends them all. */
async function measure(chosen: Options, bundle: SignedBundle, folder: string): Promise<Measured> {
  const people = await issueTokens();
  const keys = await serveKeys(people.jwks);
  const redis = chosen.gates.includes("redis") ? await redisIfThere() : undefined;
  const started: Running[] = [];
  const start = async (running: Promise<Running>): Promise<Running> => {
    const one = await running;
    started.push(one);
    return one;
  };
  try {
    const server = await start(startModule("server"));
    const gate = (name: GateName, more: { readonly redis?: string; readonly cpuProf?: string } = {}) => {
      const durability = name === "always" ? ("always" as const) : ("grouped" as const);
      const place = { folder: join(folder, name), bundle, serverUrl: `${server.url}/mcp`, jwksUri: keys.url };
      return start(startGate({ name, ...place, durability, remember: name !== "forgetful", ...more }));
    };
    const targets: Target[] = [{ name: "floor", process: await start(startModule("floor", [`${server.url}/mcp`])) }];
    for (const name of chosen.gates) {
      if (name === "redis" && redis === undefined) continue;
      const more =
        name === "redis" && redis ? { redis: redis.url } : name === "memory" && chosen.cpuProf ? { cpuProf: chosen.cpuProf } : {};
      targets.push({ name, process: await gate(name, more) });
    }
    const load = await start(startModule("load"));
    const idle = await idleStreams(targets, people);
    const measured = await new Bench(load, targets, chosen, progress).run(people.tokens);
    return { ...(await withLarge(measured, { server, targets, people }, chosen)), ...idle };
  } finally {
    await Promise.all(started.map((one) => one.stop()));
    await redis?.stop();
    keys.close();
  }
}

async function idleStreams(targets: readonly Target[], people: People): Promise<Pick<Measured, "idleStreamKb">> {
  const gate = targets.find(({ name }) => name === "memory")?.process;
  if (gate === undefined) return {};
  progress("streams on which nothing happens");
  return { idleStreamKb: await measureIdleStreams(gate, people.tokens) };
}

/** After the load, so that it meets a gate that is warm and has nothing else to do. */
async function withLarge(
  measured: Measured,
  around: { readonly server: Running; readonly targets: readonly Target[]; readonly people: People },
  { largeTimes }: Options,
): Promise<Measured> {
  const { server, targets, people } = around;
  const [floor, gate] = ["floor", "memory"].map((name) => targets.find((target) => target.name === name)?.process);
  if (floor === undefined || gate === undefined) return measured;
  progress("long lists, large results, streams");
  const large = await measureLarge({ gate, floor, server, wide: people.wide }, largeTimes);
  const sent = new Map(measured.sent).set("memory", (measured.sent.get("memory") ?? 0) + large.calls);
  return { ...measured, sent, large };
}

async function redisIfThere() {
  const found = findRedis();
  if (found.kind !== "missing") return startRedis(found);
  progress(`without Redis: ${found.reason}`);
  return undefined;
}

/** Two records for each call, and logs that verify; anything else ends the bench. */
async function checkLogs(folder: string, { sent }: Measured): Promise<ReadonlyMap<TargetName, Recorded>> {
  const recorded = new Map<TargetName, Recorded>();
  for (const [name, calls] of sent) {
    if (name === "floor") continue;
    progress(`verifying the log of ${calls} calls to ${name}`);
    const found = await checkLog(logFolderOf(join(folder, name)));
    if (found.fault !== undefined) throw new Error(`the log of ${name} does not hold: ${found.fault}`);
    if (found.intents !== calls || found.outcomes !== calls)
      throw new Error(`${calls} calls were sent to ${name}; its log has ${found.intents} intents and ${found.outcomes} outcomes`);
    recorded.set(name, found);
  }
  return recorded;
}
