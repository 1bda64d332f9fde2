import { countsOf, type Failure, type TestResult, type TestRun, type ValueDifference } from "../test-run.ts";

export const testFormats = ["text", "json", "junit", "github"] as const;
export type TestFormat = (typeof testFormats)[number];

export interface TestReport {
  readonly run: TestRun;
  /** The policies folder as the person named it. */
  readonly folder: string;
  /** Percent; coverage below it is a failure. */
  readonly minCoverage?: number | undefined;
}

export function holds(report: TestReport): boolean {
  return countsOf(report.run).failed === 0 && shortfall(report) === undefined;
}

/** What coverage there is where it is less than wanted. */
export function shortfall({ run: { coverage }, minCoverage }: TestReport): string | undefined {
  if (coverage === undefined || minCoverage === undefined || coverage.percent >= minCoverage) return undefined;
  return `tests and cases reach ${coverage.percent} % of the author's rules, wanted ${minCoverage} %`;
}

/** `12, 14-16` */
export function linesText(uncovered: readonly (readonly [number, number])[]): string {
  return uncovered.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(", ");
}

const LONGEST = 300;

/** A value on one line, cut where it is long. */
export function valueText(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** The sides of a difference, in the order in which they are told. */
export function sidesOf(one: ValueDifference): readonly (readonly [side: string, value: string])[] {
  const has = (side: keyof ValueDifference) => Object.hasOwn(one, side);
  const side = (name: "wanted" | "found" | "opa" | "production") => [name, has(name) ? valueText(one[name]) : "nothing"] as const;
  return has("opa") || has("production") ? [side("opa"), side("production")] : [side("wanted"), side("found")];
}

/** All that a failure says, line by line, for forms without places of their own. */
export function failureText({ text, differences }: Failure): string {
  const told = differences.flatMap((one) => [`${one.path}:`, ...sidesOf(one).map(([side, value]) => `  ${side} ${value}`)]);
  return [text, ...told].join("\n");
}

export function summaryOf({ run }: TestReport): string {
  const { passed, failed, skipped } = countsOf(run);
  const tests = run.results.filter(({ suite }) => suite === "rego").length;
  const looked = `${counted(tests, "test")} and ${counted(run.results.length - tests, "golden case")}`;
  return `${looked}: ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}

export const isFailed = ({ outcome }: TestResult): boolean => outcome === "failed";

export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
