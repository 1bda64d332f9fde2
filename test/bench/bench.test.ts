import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ALL_TOOLS, answerText, callerOf, callText, PRINCIPALS, READ_TOOLS } from "../../bench/calls.ts";
import { readOptions } from "../../bench/options.ts";
import { median } from "../../bench/report.ts";
import { findOpa } from "../../src/authoring/index.ts";

const opa = await findOpa({ env: process.env });

const figures = [
  ...[
    "ratio_memory",
    "ratio_redis",
    "ratio_always",
    "ratio_forgetful",
    "added_p50_ms",
    "added_p99_ms",
    "cpu_us_per_call",
    "floor_cpu_us_per_call",
  ],
  ...["decide_p50_us", "discover200_p50_ms", "rss_mb", "large", "idle_stream_kb", "details"],
];

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function bench(...args: readonly string[]): Promise<Ran> {
  const main = join(import.meta.dirname, "..", "..", "bench", "main.ts");
  return new Promise((resolve) => {
    execFile(process.execPath, [main, ...args], { timeout: 90_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === "number" ? error.code : -1, stdout, stderr });
    });
  });
}

test.skipIf(!opa.ok)(
  "the bench prints one object with every figure, and its logs hold two records for each call",
  async () => {
    const { code, stdout, stderr } = await bench("--tiny", "--json", "--gates", "memory");
    expect(code, stderr).toBe(0);
    const found = JSON.parse(stdout);
    expect(Object.keys(found).sort()).toEqual(figures.toSorted());
    const { memory, floor } = found.details.targets;
    expect(memory.calls).toBeGreaterThan(0);
    expect(floor.calls).toBeGreaterThan(0);
    expect(memory.recorded).toMatchObject({ intents: memory.calls, outcomes: memory.calls });
    expect(found).toMatchObject({ ratio_redis: null, ratio_always: null });
    for (const key of ["ratio_memory", "cpu_us_per_call", "decide_p50_us", "discover200_p50_ms", "rss_mb"])
      expect(found[key]).toBeGreaterThan(0);
  },
  100_000,
);

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
  expect(() => readOptions(["--gates", "memory,disk"])).toThrow('--gates is "memory,disk", wanted some of memory,redis,always');
  expect(() => readOptions(["--fast"])).toThrow();
});

test("a median of nothing is no figure", () => {
  expect(median([], 2)).toBeNull();
  expect(median([3, 1, 2], 2)).toBe(2);
  expect(median([1, 2], 2)).toBe(1.5);
});
