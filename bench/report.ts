import { availableParallelism, cpus } from "node:os";
import pc from "picocolors";
import type { Beside, Large } from "./large.ts";
import type { Recorded } from "./log-check.ts";
import { type GateName, gateNames, type Measured, type TargetName } from "./measure.ts";
import { type Decided, hitRateOf } from "./metrics.ts";
import type { PolicyTimes } from "./policy-times.ts";
import { CONNECTIONS, OPEN_RATE, type Turn } from "./turns.ts";

/** The figures of one run. A figure of a target that did not run is `null`. */
export interface Figures extends PolicyTimes {
  readonly ratio_memory: number | null;
  /** With decisions that are never remembered. */
  readonly ratio_forgetful: number | null;
  /** Share of its decisions that the gate with the memory store remembered, once it was warm. */
  readonly memo_hit_rate: number | null;
  readonly ratio_redis: number | null;
  readonly ratio_always: number | null;
  readonly added_p50_ms: number | null;
  readonly added_p99_ms: number | null;
  readonly cpu_us_per_call: number | null;
  readonly floor_cpu_us_per_call: number | null;
  readonly rss_mb: number | null;
  /** Lists, streams and large results on the gate with the memory store. */
  readonly large: Large | null;
  readonly idle_stream_kb: number | null;
  readonly details: Details;
}

interface TargetFigures {
  readonly calls_per_s: number | null;
  readonly cpu_us_per_call: number | null;
  readonly closed_p50_ms: number | null;
  readonly closed_p99_ms: number | null;
  readonly open_p50_ms: number | null;
  readonly open_p99_ms: number | null;
  readonly added_p50_ms: number | null;
  readonly added_p99_ms: number | null;
  readonly rss_mb: number | null;
  /** Where its decisions came from once it was warm, and the share that was remembered; the floor makes none. */
  readonly decided?: Decided;
  readonly hit_rate: number | null;
  readonly calls: number;
  readonly recorded?: Recorded;
}

interface Details {
  readonly door: string;
  readonly connections: number;
  readonly open_rate: number;
  readonly machine: { readonly cpu: string; readonly threads: number; readonly node: string };
  readonly targets: Readonly<Partial<Record<TargetName, TargetFigures>>>;
  /** Calls a second of the gate by those of the floor, for each pair of turns. */
  readonly ratios: Readonly<Record<GateName, readonly number[]>>;
}

export function figuresOf(measured: Measured, recorded: ReadonlyMap<TargetName, Recorded>, times: PolicyTimes): Figures {
  const ratios = Object.fromEntries(
    gateNames.map((name) => [name, measured.closed[name].map(({ floor, gate }) => rounded(gate.calls_per_s / floor.calls_per_s, 3))]),
  ) as Record<GateName, number[]>;
  const targets: Partial<Record<TargetName, TargetFigures>> = { floor: floorFigures(measured) };
  for (const name of gateNames) if (measured.sent.has(name)) targets[name] = gateFigures(name, measured, recorded.get(name));
  const { memory, floor } = targets;
  return {
    ratio_memory: median(ratios.memory, 3),
    ratio_forgetful: median(ratios.forgetful, 3),
    memo_hit_rate: memory?.hit_rate ?? null,
    ratio_redis: median(ratios.redis, 3),
    ratio_always: median(ratios.always, 3),
    added_p50_ms: memory?.added_p50_ms ?? null,
    added_p99_ms: memory?.added_p99_ms ?? null,
    cpu_us_per_call: memory?.cpu_us_per_call ?? null,
    floor_cpu_us_per_call: floor?.cpu_us_per_call ?? null,
    decide_p50_us: rounded(times.decide_p50_us, 1),
    discover200_p50_ms: rounded(times.discover200_p50_ms, 3),
    rss_mb: memory?.rss_mb ?? null,
    large: measured.large ?? null,
    idle_stream_kb: measured.idleStreamKb ?? null,
    details: {
      door: "/mcp, era of sessions (2025-11-25)",
      connections: CONNECTIONS,
      open_rate: OPEN_RATE,
      machine: { cpu: cpus()[0]?.model ?? "unknown", threads: availableParallelism(), node: process.version },
      targets,
      ratios,
    },
  };
}

function floorFigures(measured: Measured): TargetFigures {
  const turns = gateNames.flatMap((name) => measured.closed[name].map(({ floor }) => floor));
  const open = gateNames.flatMap((name) => measured.open[name].map(({ floor }) => floor));
  return {
    ...closedFigures(turns),
    open_p50_ms: medianOf(open, ({ p50_ms }) => p50_ms),
    open_p99_ms: medianOf(open, ({ p99_ms }) => p99_ms),
    added_p50_ms: null,
    added_p99_ms: null,
    rss_mb: rss(measured, "floor"),
    hit_rate: null,
    calls: measured.sent.get("floor") ?? 0,
  };
}

function gateFigures(name: GateName, measured: Measured, recorded: Recorded | undefined): TargetFigures {
  const pairs = measured.open[name];
  const decided = measured.decided.get(name);
  return {
    ...closedFigures(measured.closed[name].map(({ gate }) => gate)),
    open_p50_ms: medianOf(pairs, ({ gate }) => gate.p50_ms),
    open_p99_ms: medianOf(pairs, ({ gate }) => gate.p99_ms),
    added_p50_ms: medianOf(pairs, ({ floor, gate }) => gate.p50_ms - floor.p50_ms),
    added_p99_ms: medianOf(pairs, ({ floor, gate }) => gate.p99_ms - floor.p99_ms),
    rss_mb: rss(measured, name),
    ...(decided === undefined ? { hit_rate: null } : { decided, hit_rate: hitRateOf(decided) }),
    calls: measured.sent.get(name) ?? 0,
    ...(recorded === undefined ? {} : { recorded }),
  };
}

function closedFigures(turns: readonly Turn[]) {
  return {
    calls_per_s: medianOf(turns, (turn) => turn.calls_per_s, 0),
    cpu_us_per_call: medianOf(turns, (turn) => turn.cpu_us_per_call, 1),
    closed_p50_ms: medianOf(turns, (turn) => turn.p50_ms),
    closed_p99_ms: medianOf(turns, (turn) => turn.p99_ms),
  };
}

const rss = (measured: Measured, name: TargetName): number => rounded(measured.rss.get(name) ?? 0, 0);

function medianOf<T>(items: readonly T[], read: (item: T) => number, digits = 3): number | null {
  return median(items.map(read), digits);
}

/** The middle one, or the mean of the two in the middle. */
export function median(values: readonly number[], digits: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  return upper === undefined || lower === undefined ? null : rounded((upper + lower) / 2, digits);
}

export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** The figures that DESIGN section 11 asks for. */
const wanted = {
  ratio_memory: { least: 0.6 },
  ratio_redis: { least: 0.45 },
  added_p50_ms: { most: 0.35 },
  added_p99_ms: { most: 1.2 },
  discover200_p50_ms: { most: 2 },
} as const;

export function tableOf(figures: Figures): string {
  const { targets, machine } = figures.details;
  const head = ["", "calls/s", "of floor", "remembered", "CPU µs", "p50 ms", "p99 ms", "added p50", "added p99", "RSS MB"];
  const ratios: Partial<Record<TargetName, number | null>> = {
    memory: figures.ratio_memory,
    forgetful: figures.ratio_forgetful,
    redis: figures.ratio_redis,
    always: figures.ratio_always,
  };
  const names: Record<TargetName, string> = {
    floor: "bare proxy",
    memory: "gate, memory",
    forgetful: "gate, no memo",
    redis: "gate, Redis",
    always: "gate, always",
  };
  const rows = (Object.entries(targets) as [TargetName, TargetFigures][]).map(([name, one]) => [
    names[name],
    shown(one.calls_per_s, 0),
    shown(ratios[name] ?? null, 2),
    one.hit_rate === null ? "" : percent(one.hit_rate),
    shown(one.cpu_us_per_call, 0),
    shown(one.open_p50_ms, 2),
    shown(one.open_p99_ms, 2),
    shown(one.added_p50_ms, 2),
    shown(one.added_p99_ms, 2),
    shown(one.rss_mb, 0),
  ]);
  const gates = gateNames.flatMap((name) => targets[name]?.recorded ?? []);
  const records = gates.reduce((sum, one) => sum + one.intents + one.outcomes, 0);
  return [
    pc.dim(`${machine.cpu}, ${machine.threads} threads, Node ${machine.node}; ${figures.details.door}`),
    "",
    aligned([head, ...rows]),
    "",
    ...memoLine(figures),
    pc.dim(`calls/s and CPU at ${CONNECTIONS} connections; p50 and p99 at ${OPEN_RATE} calls/s, from when a call was due`),
    `decide ${figures.decide_p50_us} µs, discover of 200 tools ${figures.discover200_p50_ms} ms (p50, in process)`,
    ...largeLines(figures.large, figures.idle_stream_kb),
    `${records} records of ${records / 2} calls, every log verified`,
    "",
    ...verdicts(figures),
  ].join("\n");
}

function memoLine({ ratio_memory, ratio_forgetful, memo_hit_rate }: Figures): readonly string[] {
  if (ratio_memory === null || ratio_forgetful === null || memo_hit_rate === null) return [];
  return [
    `with memo ${shown(ratio_memory, 2)} of the bare proxy, without ${shown(ratio_forgetful, 2)}; ${percent(memo_hit_rate)} of its decisions remembered`,
  ];
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

function largeLines(large: Large | null, idleStreamKb: number | null): readonly string[] {
  if (large === null) return [];
  const told = ({ gate_ms, beside_ms }: Beside, beside: string) => `${gate_ms.toFixed(1)} ms (${beside} ${beside_ms.toFixed(1)} ms)`;
  return [
    `list of 200 tools ${told(large.list200, "bare proxy")}, result of 1 MB ${told(large.result1mb, "bare proxy")}`,
    `1 000 reports of progress ${told(large.progress1000, "server alone")}, an idle stream ${shown(idleStreamKb, 1)} kB`,
  ];
}

function verdicts(figures: Figures): readonly string[] {
  return Object.entries(wanted).map(([key, bound]) => {
    const found = figures[key as keyof typeof wanted];
    const limit = "least" in bound ? `at least ${bound.least}` : `at most ${bound.most}`;
    const held = found !== null && ("least" in bound ? found >= bound.least : found <= bound.most);
    return `${held ? pc.green("held  ") : pc.yellow("missed")} ${key.padEnd(20)} ${String(found).padEnd(8)} ${pc.dim(`wanted ${limit}`)}`;
  });
}

export function shown(value: number | null, digits: number): string {
  return value === null ? "" : value.toFixed(digits);
}

export function aligned(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join("  "))
    .join("\n");
}
