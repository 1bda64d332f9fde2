import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { findOpa, type Workbench, workbenchOf } from "../src/authoring/index.ts";
import { noCapabilities } from "../src/core/client.ts";
import { randomIds } from "../src/core/ids.ts";
import type { VerifiedToken } from "../src/core/principal.ts";
import { type Exchange, type Generation, generationOf, rejudgeOf } from "../src/gateway/index.ts";
import { headText, judgedText, reasonsText } from "../src/gateway/record.ts";
import { impactOn } from "../src/hindsight/impact/index.ts";
import { placeOf } from "../src/hindsight/records/index.ts";
import { replayLogs } from "../src/hindsight/replay/index.ts";
import { defaultBundleLimits, fileBundleStore, readBundle, readKeyring, verifyBundle } from "../src/parts/bundle/index.ts";
import { type DecisionLog, openLog } from "../src/parts/decisions/index.ts";
import { systemClock } from "../src/platform/clock.ts";
import { silentLogger } from "../src/platform/logger.ts";
import { callerOf, callText, SERVER } from "./calls.ts";
import { buildCompany, ISSUER } from "./company.ts";

/*
 * How long it takes to ask another bundle about what is on record, and to replay it: needs OPA. A log of the company of the
 * bench is written by the gateway's own writers, an intent and an outcome for each call; then `impact` and `replay` read it in
 * processes of their own.
 *
 *     node bench/impact.ts [--calls <count>]
 */

/** Records written at once; the log puts them into groups anyway. */
const AT_ONCE = 256;
/** Milliseconds between two calls: a day of a small company. */
const APART_MS = 800;

const ids = randomIds();

const { values } = parseArgs({
  options: {
    calls: { type: "string", default: "100000" },
    measure: { type: "string" },
    data: { type: "string", default: "" },
    bundle: { type: "string", default: "" },
    help: { type: "boolean", default: false },
  },
});

if (values.help)
  process.stdout.write(
    "node bench/impact.ts [--calls <count>]\n\n  100 000 calls by default; prints one line of JSON each for impact and replay\n",
  );
else if (values.measure === undefined) await main(Number(values.calls));
else await measure(values.measure, values.data, values.bundle);

async function main(calls: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "toolgate-impact-bench-"));
  try {
    const opa = await findOpa({ env: process.env });
    if (!opa.ok) throw new Error(opa.error);
    const { bytes, keyring } = await buildCompany(join(folder, "policies"), opa.value);
    const bundle = join(folder, "next.tar.gz");
    await writeFile(bundle, bytes);
    const data = join(folder, "data");
    await mkdir(data);
    await writeLog(data, bytes, keyring, calls);
    for (const what of ["impact", "replay"]) {
      const args = [import.meta.filename, "--measure", what, "--data", data, "--bundle", bundle];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      process.stdout.write(stdout);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function open(bytes: Uint8Array): Promise<Workbench> {
  const bench = await workbenchOf("bundle", bytes);
  if (!bench.ok) throw new Error(JSON.stringify(bench.error));
  return bench.value;
}

async function measure(what: string, data: string, file: string): Promise<void> {
  const places = [placeOf(data)];
  const started = performance.now();
  let found: { readonly records: number; readonly told: object };
  if (what === "replay") {
    const replayed = await replayLogs(places);
    if (!replayed.ok || replayed.value.decisions.different > 0) throw new Error("the log of the bench does not replay");
    found = { records: replayed.value.logs.records, told: { equal: replayed.value.decisions.equal } };
  } else {
    const { policy, rehearsal } = await open(await readFile(file));
    const bundle = { environment: "bench", tenant: "default" };
    const second = rejudgeOf({ policy, catalog: rehearsal.catalog, targets: rehearsal.targets, bundle });
    const impact = await impactOn(places, second);
    await second.close();
    if (!impact.ok) throw new Error(impact.error.detail);
    found = { records: impact.value.logs.records, told: impact.value.counts };
  }
  const seconds = (performance.now() - started) / 1000;
  const peak_mb = Math.round(process.resourceUsage().maxRSS / 1024);
  const per_s = Math.round(found.records / seconds);
  const figures = {
    what,
    records: found.records,
    seconds: Math.round(seconds * 100) / 100,
    records_per_s: per_s,
    peak_mb,
    cores: availableParallelism(),
  };
  process.stdout.write(`${JSON.stringify({ ...figures, ...found.told })}\n`);
}

/** Callers of the bench, as their tokens say. */
function tokens(): readonly VerifiedToken[] {
  const two = (index: number) => String(index).padStart(2, "0");
  return Array.from({ length: 200 }, (_, index) => {
    const id = `user-${String(index).padStart(3, "0")}`;
    const agent = `agent-${two(index % 20)}`;
    const groups = [`group-${two(index % 50)}`, `group-${two((index + 7) % 50)}`];
    return {
      tenant: "default",
      issuer: ISSUER,
      subject: id,
      kind: "user_via_agent",
      user: { id, issuer: ISSUER, email: `${id}@bench.test`, groups },
      agent,
      clientId: agent,
      delegation: [],
      scopes: [],
      expiresAt: Number.MAX_SAFE_INTEGER,
    };
  });
}

async function writeLog(data: string, bytes: Uint8Array, keyringText: string, calls: number): Promise<void> {
  const contents = await readBundle(bytes, defaultBundleLimits);
  const keyring = readKeyring(keyringText);
  if (!contents.ok || !keyring.ok) throw new Error("the bundle of the bench cannot be read");
  const bundle = await verifyBundle(contents.value, keyring.value, { tenant: "default", environment: "bench", now: Date.now() });
  if (!bundle.ok) throw new Error(bundle.error.detail);
  await fileBundleStore(join(data, "bundles")).save(bundle.value.identity.digest, bytes);
  const bench = await open(bytes);
  const generation = generationOf(bundle.value, bench.policy, bench.rehearsal.catalog, false);
  const opened = await openLog({
    ...{ dir: join(data, "log"), clock: systemClock, ids: randomIds(), logger: silentLogger },
    ...{ segmentBytes: 64 << 20, stallMs: 30_000, instance: "bench" },
  });
  if (!opened.ok) throw new Error(opened.error.detail);
  const { log } = opened.value;
  const callers = tokens().map((token) => ({ token, exchange: exchangeOf(token) }));
  const start = Date.now() - calls * APART_MS;
  for (let from = 0; from < calls; from += AT_ONCE) {
    const serials = Array.from({ length: Math.min(AT_ONCE, calls - from) }, (_, at) => from + at);
    await Promise.all(
      serials.map((serial) => record(bench, generation, log, callers[callerOf(serial)], serial, start + serial * APART_MS)),
    );
  }
  await log.close();
  await bench.close();
}

function exchangeOf(token: VerifiedToken): Exchange {
  return {
    caller: { token, agentId: token.agent, key: token.subject },
    network: { ip: "127.0.0.1", mtls: false },
    era: "session",
    protocolVersion: "2025-11-25",
    client: { name: "bench", version: "1.0.0" },
    capabilities: noCapabilities,
    session: { id: `ses_${token.subject}`, openedAt: 0 },
  };
}

async function record(
  { rehearsal, policy }: Workbench,
  generation: Generation,
  log: DecisionLog,
  caller: { readonly token: VerifiedToken; readonly exchange: Exchange } | undefined,
  serial: number,
  now: number,
): Promise<void> {
  const facts = caller && generation.callerOf(caller.token, now);
  if (!caller || !facts?.ok) throw new Error("the bench has a caller that its company does not");
  const { name, arguments: args } = (JSON.parse(callText(serial)) as { params: { name: string; arguments: object } }).params;
  const target = rehearsal.targets.tools.get(`${SERVER}.${name.slice(SERVER.length + 2)}`);
  if (!target) throw new Error(`there is no tool "${name}"`);
  const input = rehearsal.callInput({ facts: facts.value, exchange: caller.exchange }, target, { args, now });
  const decision = await policy.decide(input, { widest: 0, nested: false });
  const argsDigest = /"args_digest":"([^"]+)"/.exec(input)?.[1];
  const head = {
    ...{ id: ids.decision(now), now, callerText: facts.value.recordText, bundleText: generation.bundleText },
    ...{ method: "tools/call", target: target.id, door: "aggregate", era: "session", session: caller.exchange.session?.id },
  };
  const judged = judgedText({ recordedInput: input, argsDigest, decision, remembered: false });
  const allowed = decision.effect === "allow";
  const first = allowed
    ? `${headText({ kind: "intent", ...head })}${judged}}`
    : `${headText({ kind: "refusal", ...head })}${judged},"effect":"deny"${reasonsText(decision.reasons)}}`;
  const outcome = `${headText({ kind: "outcome", ...head })},"effect":"allow","result_digest":"sha256:${"0".repeat(64)}","is_error":false,"upstream":{"status":200,"ms":1.20,"bytes":200}}`;
  await log.append(first, "grouped");
  if (allowed) await log.append(outcome, "grouped");
}
