import { type GoldenCase, type MeasurablePolicy, readGoldenCase } from "../../parts/policy/index.ts";
import type { Workbench } from "../workbench/index.ts";

/** What golden cases cost on the production evaluator. Machines differ: a ratio says more than a time. */
export interface PolicyBench {
  /** The dearest first. */
  readonly cases: readonly CaseCost[];
  /** Microseconds of the quickest evaluation of an input that says nothing: what the least question costs here. */
  readonly emptyUs: number;
  /** Milliseconds that no case may take on a gateway. */
  readonly limitMs: number;
}

export interface CaseCost {
  readonly name: string;
  readonly entrypoint: string;
  /** Microseconds of the quickest run: whatever else the machine does only adds to it. A gateway goes by it. */
  readonly quickestUs: number;
  readonly p50Us: number;
  readonly runs: number;
  /** The quickest run by the one of an input that says nothing. */
  readonly ratio: number;
  readonly verdict: "within" | "beyond" | "timeout";
}

export interface BenchOptions {
  /** Instead of the bundle's own. */
  readonly limitMs?: number;
  /** Runs of each case; fewer of those that take long. */
  readonly runs?: number;
  readonly progress?: (done: number, all: number) => void;
}

const RUNS = 50;
/** Milliseconds after which more runs of one case say nothing new. */
const ENOUGH_MS = 250;

export async function benchPolicies(
  { policy, cases, manifest }: Workbench,
  { limitMs, runs = RUNS, progress }: BenchOptions = {},
): Promise<PolicyBench> {
  const limit = limitMs ?? manifest.metadata.toolgate.max_decide_ms;
  const empty = await timesOf(policy, { name: "", entrypoint: "toolgate/decide", input: "{}", want: {} }, runs);
  const emptyUs = micros(quickestOf(empty.ms));
  const costs: CaseCost[] = [];
  for (const [at, value] of cases.entries()) {
    progress?.(at, cases.length);
    const golden = readGoldenCase(value);
    if (typeof golden !== "string") costs.push(costOf(golden, await timesOf(policy, golden, runs), emptyUs, limit));
  }
  progress?.(cases.length, cases.length);
  return { cases: costs.toSorted((a, b) => b.quickestUs - a.quickestUs || (a.name < b.name ? -1 : 1)), emptyUs, limitMs: limit };
}

interface Times {
  readonly ms: readonly number[];
  readonly timedOut: boolean;
}

/** One evaluation at a time, in a worker, as activation does it. */
async function timesOf(policy: MeasurablePolicy, { entrypoint, input }: GoldenCase, runs: number): Promise<Times> {
  const ms: number[] = [];
  for (let spent = 0; ms.length < runs && spent < ENOUGH_MS; ) {
    const { ms: took, failure } = await policy.measure(entrypoint, input, 1);
    ms.push(took);
    spent += took;
    if (failure?.code === "policy.timeout") return { ms, timedOut: true };
  }
  return { ms, timedOut: false };
}

function costOf({ name, entrypoint }: GoldenCase, { ms, timedOut }: Times, emptyUs: number, limitMs: number): CaseCost {
  const quickest = quickestOf(ms);
  const p50 = ms.toSorted((a, b) => a - b)[Math.floor(ms.length / 2)] ?? quickest;
  return {
    name,
    entrypoint: entrypoint.replace("toolgate/", ""),
    quickestUs: micros(quickest),
    p50Us: micros(p50),
    runs: ms.length,
    ratio: emptyUs === 0 ? 0 : Math.round((micros(quickest) / emptyUs) * 10) / 10,
    verdict: timedOut ? "timeout" : quickest > limitMs ? "beyond" : "within",
  };
}

function quickestOf(ms: readonly number[]): number {
  return Math.min(...ms);
}

/** With a tenth, which is what a clock of a process can tell. */
function micros(ms: number): number {
  return Math.round(ms * 10_000) / 10;
}
