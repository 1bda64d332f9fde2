/** What came of the tests of a policies folder: of its *_test.rego and of its golden cases. */
export interface TestRun {
  readonly results: readonly TestResult[];
  readonly coverage?: Coverage;
  /** What is no failure, and yet not what an author would expect. */
  readonly notes: readonly string[];
}

export interface TestResult {
  /** `rego`: a rule of a *_test.rego; `case`: a golden case. */
  readonly suite: "rego" | "case";
  readonly name: string;
  /** Below the policies folder. */
  readonly file: string;
  readonly line: number;
  readonly ms?: number;
  readonly outcome: "passed" | "failed" | "skipped";
  /** Empty unless it failed. */
  readonly failures: readonly Failure[];
}

export interface Failure {
  /**
   * `failed`: a test that does not hold. `wanted`: an answer other than the case wants. `disagreement`: the two
   * evaluators answer differently. `timeout`: no answer in time. `error`: no answer at all.
   */
  readonly kind: "failed" | "wanted" | "disagreement" | "timeout" | "error";
  /** One sentence. */
  readonly text: string;
  readonly differences: readonly ValueDifference[];
}

/** Where values differ. A side that has nothing there is absent; `found` stands for both evaluators where they agree. */
export interface ValueDifference {
  /** E.g. `reasons[0].code`. */
  readonly path: string;
  readonly wanted?: unknown;
  readonly found?: unknown;
  readonly opa?: unknown;
  readonly production?: unknown;
}

/** Lines of the author's rules that a test or a golden case reached. */
export interface Coverage {
  readonly percent: number;
  readonly files: readonly FileCoverage[];
}

export interface FileCoverage {
  readonly file: string;
  readonly percent: number;
  readonly covered: number;
  /** First and last line of each stretch that nothing reached. */
  readonly uncovered: readonly (readonly [from: number, to: number])[];
}

export function countsOf({ results }: TestRun): Readonly<Record<TestResult["outcome"], number>> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { outcome } of results) counts[outcome] += 1;
  return counts;
}
