import { execFile } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { ALL_TOOLS, answerText, callerOf, callText, PRINCIPALS, READ_TOOLS } from "../../bench/calls.ts";
import { decidedOf, decidedSince, hitRateOf } from "../../bench/metrics.ts";
import { readOptions } from "../../bench/options.ts";
import { ratioOf, readPairOptions } from "../../bench/pairs.ts";
import { median } from "../../bench/report.ts";
import type { Turn } from "../../bench/turns.ts";
import { findOpa } from "../../src/authoring/index.ts";

const opa = await findOpa({ env: process.env });

const figures = [
  ...[
    "ratio_memory",
    "ratio_forgetful",
    "memo_hit_rate",
    "ratio_redis",
    "ratio_always",
    "added_p50_ms",
    "added_p99_ms",
    "cpu_us_per_call",
    "floor_cpu_us_per_call",
  ],
  ...["decide_p50_us", "discover200_p50_ms", "rss_mb", "large", "idle_stream_kb", "details"],
];

/** Even the shortest run starts a dozen processes. */
const LONGEST_MS = 170_000;

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function bench(module: string, ...args: readonly string[]): Promise<Ran> {
  const file = join(import.meta.dirname, "..", "..", "bench", `${module}.ts`);
  return new Promise((resolve) => {
    execFile(process.execPath, [file, ...args], { timeout: LONGEST_MS }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : -1, stdout, stderr });
    });
  });
}

test.skipIf(!opa.ok)(
  "the bench prints one object with every figure, and its logs hold two records for each call",
  async () => {
    const { code, stdout, stderr } = await bench("main", "--tiny", "--json", "--gates", "memory");
    expect(code, stderr).toBe(0);
    const found = JSON.parse(stdout);
    expect(Object.keys(found).sort()).toEqual(figures.toSorted());
    const { memory, floor } = found.details.targets;
    expect(memory.calls).toBeGreaterThan(0);
    expect(floor.calls).toBeGreaterThan(0);
    expect(memory.recorded).toMatchObject({ intents: memory.calls, outcomes: memory.calls });
    expect(found).toMatchObject({ ratio_forgetful: null, ratio_redis: null, ratio_always: null });
    // Every call was decided once, and where from is known.
    const { memo, policy, policy_unkeyed } = memory.decided;
    expect(memo + policy).toBeGreaterThan(0);
    expect(policy_unkeyed).toBe(0);
    expect([memory.hit_rate, found.memo_hit_rate]).toEqual([rateOf(memo, policy), rateOf(memo, policy)]);
    for (const key of ["ratio_memory", "cpu_us_per_call", "decide_p50_us", "discover200_p50_ms", "rss_mb"])
      expect(found[key]).toBeGreaterThan(0);
  },
  LONGEST_MS + 10_000,
);

const rateOf = (memo: number, policy: number) => Number((memo / (memo + policy)).toFixed(4));

test.skipIf(!opa.ok)(
  "the bench of the memo has a key for each call but where rules read the time, and figures for all three companies",
  async () => {
    const { code, stdout, stderr } = await bench("memo", "--tiny", "--json");
    expect(code, stderr).toBe(0);
    const { companies } = JSON.parse(stdout);
    expect(companies.map(({ company, keyed }: { company: string; keyed: number }) => [company, keyed])).toEqual([
      ["usual", 1],
      ["exact_time", 0],
      ["every_argument", 1],
    ]);
    // No record is asked for twice, and the rules read which one it is.
    expect(companies[2].hit_rate).toBe(0);
    for (const { throughput_ratio, cpu_ratio } of companies) expect(Math.min(throughput_ratio, cpu_ratio)).toBeGreaterThan(0);
  },
  LONGEST_MS + 10_000,
);

test.skipIf(!opa.ok)(
  "the bench of a shadow counts every call, and finds the ones that its candidate would deny",
  async () => {
    const { code, stdout, stderr } = await bench("shadow", "--tiny", "--json");
    expect(code, stderr).toBe(0);
    const [shadow, canary] = JSON.parse(stdout).rollouts;
    expect([shadow.rollout, canary.rollout]).toEqual(["shadow", "canary"]);
    // A machine that is busy may be too slow for some of them; none is lost.
    expect(shadow.fixed_rate.compared + shadow.fixed_rate.skipped).toBe(125);
    expect(shadow.full_speed.different + shadow.fixed_rate.different).toBeGreaterThan(0);
    // Only what the candidate decides is compared, and it decides alike.
    const noted = canary.fixed_rate.compared + canary.fixed_rate.skipped;
    expect([noted > 0, noted < 125]).toEqual([true, true]);
    expect(canary.full_speed.different + canary.fixed_rate.different).toBe(0);
    for (const { throughput_ratio, cpu_ratio } of [shadow, canary]) expect(Math.min(throughput_ratio, cpu_ratio)).toBeGreaterThan(0);
  },
  LONGEST_MS + 10_000,
);

test("where decisions came from is read from the gate's own metrics", async () => {
  const lines = ["memo", "policy", "policy_unkeyed"].map((from, at) => `toolgate_decisions_total{from="${from}"} ${6 - at}`);
  const server = createServer((_, response) => response.end(`# HELP toolgate_decisions_total x\n${lines.join("\n")}\n`));
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const now = await decidedOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  expect(now).toEqual({ memo: 6, policy: 5, policy_unkeyed: 4 });
  const since = decidedSince({ memo: 5, policy: 4, policy_unkeyed: 2 }, now);
  expect([since, hitRateOf(since)]).toEqual([{ memo: 1, policy: 1, policy_unkeyed: 2 }, 0.25]);
  expect(hitRateOf({ memo: 0, policy: 0, policy_unkeyed: 0 })).toBeNull();
});

test("a ratio of turns is the median over the rounds in which both took part", () => {
  const turn = (calls_per_s: number): Turn => ({ calls_per_s, cpu_us_per_call: 1, p50_ms: 1, p99_ms: 1 });
  const round = (one: number, other: number) =>
    new Map([
      ["one", turn(one)],
      ["other", turn(other)],
    ]);
  const rounds = [round(90, 100), round(20, 100), round(80, 100), new Map([["one", turn(1)]])];
  expect(ratioOf(rounds, "one", "other", ({ calls_per_s }) => calls_per_s)).toBe(0.8);
  expect(ratioOf(rounds, "one", "absent", ({ calls_per_s }) => calls_per_s)).toBeNull();
});

test("no two calls are alike, and each has one answer that is due", () => {
  const serials = Array.from({ length: 500 }, (_, index) => index + 1);
  expect(new Set(serials.map(callText)).size).toBe(serials.length);
  for (const serial of serials) {
    const asked = JSON.parse(callText(serial));
    const answered = JSON.parse(answerText(serial));
    expect(answered.id).toBe(asked.id);
    expect(answered.result.structuredContent.id).toBe(asked.params.arguments.id);
  }
});

test("every principal calls five tools of its own, and all of them together call every granted one", () => {
  const pairs = Array.from({ length: 20_000 }, (_, serial) => ({
    caller: callerOf(serial),
    tool: JSON.parse(callText(serial)).params.name,
  }));
  expect(new Set(pairs.map(({ caller }) => caller)).size).toBe(PRINCIPALS);
  expect(new Set(pairs.map(({ tool }) => tool)).size).toBe(READ_TOOLS);
  expect(READ_TOOLS).toBeLessThan(ALL_TOOLS);
  expect(new Set(pairs.map(({ caller, tool }) => `${caller} ${tool}`)).size).toBe(5 * PRINCIPALS);
});

test("a gate that does not exist is a mistake of the command line", () => {
  expect(() => readOptions(["--gates", "memory,disk"])).toThrow('--gates is "memory,disk", wanted some of memory,forgetful,redis,always');
  expect(() => readOptions(["--fast"])).toThrow();
  expect(() => readPairOptions(["--fast"])).toThrow();
});

test("a median of nothing is no figure", () => {
  expect(median([], 2)).toBeNull();
  expect(median([3, 1, 2], 2)).toBe(2);
  expect(median([1, 2], 2)).toBe(1.5);
});
