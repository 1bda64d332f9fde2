import { pathOf } from "../../reports/index.ts";
import type { Failure, TestResult } from "../test-run.ts";
import { failureText, shortfall, type TestReport } from "./test-report.ts";

/** JUnit XML, as CI servers read it: a suite a file, a case a test. Source: the schema that Jenkins' xUnit plugin publishes. */
export function junitReport(report: TestReport): string {
  const suites = Map.groupBy(report.run.results, ({ file }) => file);
  const bodies = [...suites].map(([file, results]) => suite(pathOf(report.folder, file), results, report.folder));
  const short = shortfall(report);
  if (short !== undefined) bodies.push(suite("coverage", [uncovered(short)], report.folder));
  const all = [...report.run.results, ...(short === undefined ? [] : [uncovered(short)])];
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="toolgate policy test"${counts(all)}>\n${bodies.join("\n")}\n</testsuites>`;
}

function suite(file: string, results: readonly TestResult[], folder: string): string {
  return `  <testsuite name="${escaped(file)}"${counts(results)}>\n${results.map((one) => testcase(one, folder)).join("\n")}\n  </testsuite>`;
}

function testcase({ name, file: below, line, ms = 0, outcome, failures }: TestResult, folder: string): string {
  const file = pathOf(folder, below);
  const head = `    <testcase classname="${escaped(file)}" name="${escaped(name)}" file="${escaped(file)}" line="${line}" time="${seconds(ms)}"`;
  if (outcome === "passed") return `${head}/>`;
  const body = outcome === "skipped" ? ["      <skipped/>"] : failures.map(failure);
  return `${head}>\n${body.join("\n")}\n    </testcase>`;
}

function failure(one: Failure): string {
  const tag = isError(one) ? "error" : "failure";
  return `      <${tag} type="${one.kind}" message="${escaped(one.text)}">${escaped(failureText(one))}</${tag}>`;
}

const isError = ({ kind }: Failure): boolean => kind === "error" || kind === "timeout";

function counts(results: readonly TestResult[]): string {
  const failed = results.filter(({ outcome }) => outcome === "failed");
  const errors = failed.filter(({ failures }) => failures.some(isError)).length;
  const skipped = results.filter(({ outcome }) => outcome === "skipped").length;
  const time = results.reduce((sum, { ms = 0 }) => sum + ms, 0);
  return ` tests="${results.length}" failures="${failed.length - errors}" errors="${errors}" skipped="${skipped}" time="${seconds(time)}"`;
}

function uncovered(text: string): TestResult {
  const failures = [{ kind: "failed", text, differences: [] }] as const;
  return { suite: "rego", name: "coverage", file: "policy", line: 1, outcome: "failed", failures };
}

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;" };

/** What XML 1.0 has no place for, not even escaped, stands as U+FFFD: a reader would refuse the whole report for it. */
function escaped(text: string): string {
  const legal = text.toWellFormed().replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, "\u{FFFD}");
  // A line break in an attribute would be read as a space.
  return legal
    .replace(/[&<>"']/g, (one) => entities[one] ?? one)
    .replaceAll("\n", "&#10;")
    .replaceAll("\r", "&#13;")
    .replaceAll("\t", "&#9;");
}
