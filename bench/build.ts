import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  buildBundle,
  checkSources,
  findOpa,
  gatherMistakes,
  generateKeyPair,
  type Opa,
  openWorkbench,
  readLibrary,
  signBundle,
  testPolicies,
  type Workbench,
} from "../src/authoring/index.ts";
import { formatMistakes } from "../src/core/mistakes.ts";
import { ok } from "../src/core/result.ts";
import { createActivation } from "../src/gateway/index.ts";
import { defaultBundleLimits, fileBundleStore, libraryDigest, memorySequenceFloor, readKeyring } from "../src/parts/bundle/index.ts";
import { systemClock } from "../src/platform/clock.ts";
import { silentLogger } from "../src/platform/logger.ts";
import { environment, type StrangerSize, strangersSize, writeStranger } from "../test/support/stranger/index.ts";

/*
 * How long a policy repository takes on its way to a decision: check, test, build, activation, one decision, one list of 200
 * tools. Needs OPA. By default the company of the tests and one with 200 packages; or any folder of policies.
 *
 *     node bench/build.ts [--quick] [--packages <count>] [<policies>]
 */

const LISTED = 200;
const TIMES = 400;

const usage = `node bench/build.ts [--quick] [--packages <count>] [<policies>]

  --quick             a small company only, to see that everything runs
  --packages <count>  a company of this size, one server for every four packages
  <policies>          a folder of policies instead of a company`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: "boolean", default: false }, packages: { type: "string" }, help: { type: "boolean", default: false } },
});

const sizeOf = (packages: number): StrangerSize => ({
  ...{ servers: Math.max(4, Math.round(packages / 4)), toolsPerServer: 20, departments: 4, agentsPerDepartment: 8, packages },
});

if (values.help) process.stdout.write(`${usage}\n`);
else {
  const opa = await findOpa({ env: process.env });
  if (!opa.ok) throw new Error(opa.error);
  const [given] = positionals;
  const wanted = values.packages === undefined ? undefined : Number(values.packages);
  if (given !== undefined) tell({ policies: given, ...(await measure(given, opa.value)) });
  else if (wanted !== undefined) await company(sizeOf(wanted), opa.value);
  else if (values.quick) await company(sizeOf(16), opa.value);
  else for (const size of [strangersSize, sizeOf(50), sizeOf(100), sizeOf(200)]) await company(size, opa.value);
}

function tell(figures: object): void {
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

async function company(size: StrangerSize, opa: Opa): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "toolgate-build-bench-"));
  try {
    await writeStranger(folder, size);
    tell({ servers: size.servers, tools: size.servers * size.toolsPerServer, ...(await measure(folder, opa)) });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(folder: string, opa: Opa) {
  const mistakes = gatherMistakes();
  const [checked, check_s] = await timed(() => checkSources(opa, folder, mistakes));
  if (mistakes.all.length > 0) throw new Error(formatMistakes(mistakes.all));
  const place = checked.tables?.data.catalog.servers[checked.tables.servers[0] ?? ""]?.environment ?? environment;
  const identity = { name: "bench", revision: "1", sequence: 1, expires: "2036-01-01T00:00:00Z", environment: place };
  const [built, build_s] = await timed(() => buildBundle({ policiesDir: folder, opa, ...identity }));
  if (!built.ok) throw new Error(formatMistakes(built.error));
  const [tested, test_s] = await timed(() => testPolicies(folder, { opa, coverage: false, timeoutMs: 30_000 }));
  if (!tested.ok) throw new Error("the tests could not be run");
  const activate_s = await activated(built.value.bytes, place);
  const opened = await openWorkbench(folder, { findOpa: () => Promise.resolve(ok(opa)) });
  if (!opened.ok) throw new Error("the policies could not be opened");
  try {
    return {
      ...{ packages: built.value.packages.length, cases: built.value.cases, cores: availableParallelism() },
      ...{ check_s, build_s, test_s, activate_s, bundle_kb: Math.round(built.value.bytes.length / 1024) },
      ...(await asked(opened.value)),
    };
  } finally {
    await opened.value.close();
  }
}

/** As a gateway does: verifies the signature, compiles, asks the golden cases, measures the worst ones. */
async function activated(bytes: Uint8Array, place: string): Promise<number> {
  const data = await mkdtemp(join(tmpdir(), "toolgate-build-bench-"));
  try {
    const { privateKey, publicKey } = generateKeyPair("ES256");
    const signed = await signBundle(bytes, { privateKey, kid: "bench", algorithm: "ES256" });
    if (!signed.ok) throw new Error(signed.error);
    const keyring = readKeyring(JSON.stringify({ version: 1, keys: { bench: { algorithm: "ES256", public_key: publicKey } } }));
    if (!keyring.ok) throw new Error(formatMistakes(keyring.error));
    const trusted = ok(keyring.value);
    const activation = createActivation({
      ...{ limits: defaultBundleLimits, keyring: () => Promise.resolve(trusted), minSequence: 0, remember: true },
      ...{ expected: { name: "bench", tenant: "default", environment: place }, knownLibraries: await library(), clock: systemClock },
      ...{ floor: memorySequenceFloor(), promoted: () => undefined, store: fileBundleStore(data), logger: silentLogger },
      policy: { timeoutMs: 1000, workers: 1, maxMemoryBytes: 256 << 20 },
    });
    const [generation, seconds] = await timed(() => activation.prepare(signed.value, "shared"));
    if (!generation.ok) throw new Error(generation.error.detail);
    await generation.value.policy.close();
    return seconds;
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}

/** One decision and one list, each the median of many; nothing is remembered. */
async function asked({ rehearsal, failures }: Workbench) {
  const now = Date.UTC(2026, 0, 7, 9);
  const agent =
    [...rehearsal.catalog.agents.keys()].find((id) => id.includes("leitstand")) ?? [...rehearsal.catalog.agents.keys()][0] ?? "";
  const caller = rehearsal.caller({ agent, user: { id: "erika", groups: [...rehearsal.catalog.groups.keys()].slice(0, 3) } }, now);
  if (!caller.ok) throw new Error(caller.error);
  const targets = [...rehearsal.targets.tools.values()].slice(0, LISTED);
  const decide = await median(TIMES * 5, async (turn) => {
    const target = targets[turn % targets.length];
    if (target !== undefined) await rehearsal.decide(caller.value, target, { now, args: {} });
  });
  const discover = await median(TIMES / 4, () => rehearsal.discover(caller.value, targets, now));
  if (failures().length > 0) throw new Error(JSON.stringify(failures()[0]));
  return { listed: targets.length, decide_us: Math.round(decide * 1000), discover_ms: Math.round(discover * 100) / 100 };
}

async function library() {
  const files = [...(await readLibrary())].map(([name, bytes]) => ({
    path: `toolgate/${name}`,
    text: Buffer.from(bytes).toString("utf8"),
  }));
  return new Set([libraryDigest(files)]);
}

async function timed<T>(act: () => Promise<T>): Promise<readonly [T, number]> {
  const started = performance.now();
  const value = await act();
  return [value, Math.round(performance.now() - started) / 1000];
}

/** In milliseconds, after a warm-up of as many. */
async function median(count: number, act: (turn: number) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let turn = 0; turn < count * 2; turn++) {
    const started = performance.now();
    await act(turn);
    if (turn >= count) times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}
