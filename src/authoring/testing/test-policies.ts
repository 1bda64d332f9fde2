import type { Mistake } from "../../core/mistakes.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { askCase, type GoldenCase, readGoldenCase } from "../../parts/policy/index.ts";
import { type CasePlace, casePlaces } from "../cases/index.ts";
import type { Opa } from "../opa.ts";
import { openWorkbench, type Unopened, type Workbench } from "../workbench/index.ts";
import { caseResult } from "./case-results.ts";
import { mergeCoverage } from "./coverage.ts";
import { opaAnswers } from "./opa-answers.ts";
import { runRegoTests, testCoverage } from "./rego-tests.ts";
import type { TestRun } from "./test-run.ts";
import { checkTests, openWorkspace } from "./workspace.ts";

export interface TestOptions {
  readonly opa: Opa;
  readonly environment?: string;
  /** Only tests and cases whose name fits; tests by their full name, `data.policy.refunds_test.test_x`. */
  readonly run?: RegExp;
  readonly coverage: boolean;
  /** Milliseconds that one test, or one evaluation of a case, may take. */
  readonly timeoutMs: number;
  /** Golden cases that one of the two evaluators was asked, of as many as both will be. */
  readonly progress?: (done: number, all: number) => void;
}

/** Runs everything that proves a policies folder: its own tests on OPA, and its golden cases on both evaluators. */
export async function testPolicies(policiesDir: string, options: TestOptions): Promise<Result<TestRun, Unopened>> {
  const { environment, timeoutMs } = options;
  const findOpa = () => Promise.resolve(ok(options.opa));
  const bench = await openWorkbench(policiesDir, { findOpa, timeoutMs, ...(environment !== undefined && { environment }) });
  if (!bench.ok) return bench;
  try {
    return await testOpened(policiesDir, bench.value, options);
  } finally {
    await bench.value.close();
  }
}

/** The same on policies that were compiled already. */
export async function testOpened(policiesDir: string, bench: Workbench, options: TestOptions): Promise<Result<TestRun, Unopened>> {
  const { opa, timeoutMs, run } = options;
  const workspace = await openWorkspace(policiesDir, bench);
  try {
    const { all } = await checkTests(opa, workspace);
    if (all.length > 0) return err({ kind: "mistakes", mistakes: all });
    const cases = casesOf(bench, await casePlaces(policiesDir), run);
    if (!cases.ok) return err({ kind: "mistakes", mistakes: cases.error });
    const rego = await runRegoTests(opa, workspace, { timeoutMs, run: run?.source });
    const golden = await runCases(options, bench, workspace, cases.value);
    const runs = options.coverage ? [...golden.coverage, ...(await testCoverage(opa, workspace, rego.passed))] : [];
    const coverage = options.coverage ? { coverage: mergeCoverage(runs, workspace.authorFiles) } : {};
    return ok({
      results: [...rego.results, ...golden.results],
      ...coverage,
      notes: bench.warnings.filter((note) => /^(cases\/|OPA )/.test(note)),
    });
  } finally {
    await workspace.remove();
  }
}

interface PlacedCase {
  readonly golden: GoldenCase;
  readonly place: CasePlace;
}

function casesOf(
  bench: Workbench,
  places: ReadonlyMap<string, CasePlace>,
  run: RegExp | undefined,
): Result<readonly PlacedCase[], readonly Mistake[]> {
  const placed: PlacedCase[] = [];
  const mistakes: Mistake[] = [];
  for (const value of bench.cases) {
    const golden = readGoldenCase(value);
    const name = typeof golden === "string" ? String((value as { readonly name?: unknown }).name) : golden.name;
    const place = places.get(name) ?? { file: "cases", line: 1 };
    if (typeof golden === "string") mistakes.push({ ...place, path: "", found: golden, wanted: "a case that can be asked" });
    else if (run === undefined || run.test(name)) placed.push({ golden, place });
  }
  return mistakes.length > 0 ? err(mistakes) : ok(placed);
}

async function runCases(
  { opa, coverage, timeoutMs, progress }: TestOptions,
  bench: Workbench,
  workspace: Parameters<typeof opaAnswers>[1],
  cases: readonly PlacedCase[],
) {
  const answered = [];
  for (const { golden, place } of cases) {
    progress?.(answered.length, 2 * cases.length);
    answered.push({ golden, place, ...(await askProduction(bench, golden)) });
  }
  const ended = answered.filter(({ production }) => production !== undefined).map(({ golden }) => golden);
  const own = await opaAnswers(opa, workspace, ended, { coverage, timeoutMs });
  progress?.(2 * cases.length, 2 * cases.length);
  const byCase = new Map(ended.map((golden, at) => [golden, own.answers[at]]));
  const results = answered.map((one) => {
    const answer = byCase.get(one.golden);
    return caseResult(answer === undefined ? one : { ...one, opa: answer }, timeoutMs);
  });
  return { results, coverage: own.coverage };
}

/** As a gateway would, but once: whoever tests wants an answer, not a time. */
async function askProduction({ policy, failures }: Workbench, golden: GoldenCase) {
  const before = failures().length;
  const begun = performance.now();
  const production = await askCase(policy, golden);
  const ms = performance.now() - begun;
  const timedOut = failures()
    .slice(before)
    .some(({ code }) => code === "policy.timeout");
  return timedOut ? { ms } : { ms, production };
}
