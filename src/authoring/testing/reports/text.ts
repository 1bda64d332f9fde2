import { pathOf } from "../../reports/index.ts";
import { countsOf, type Failure, type TestResult } from "../test-run.ts";
import { isFailed, linesText, shortfall, sidesOf, summaryOf, type TestReport } from "./test-report.ts";

/** Colours for a terminal, or none. */
export interface Paint {
  red(text: string): string;
  green(text: string): string;
  dim(text: string): string;
  bold(text: string): string;
}

/** What a person is told as slow, in milliseconds. */
const SLOW = 500;
const MOST_SLOW = 5;

/** Failures with their values side by side, then what was slow, what nothing reached, and the counts. */
export function textReport(report: TestReport, paint: Paint): string {
  const { run } = report;
  const blocks = [
    ...run.results.filter(isFailed).map((one) => failed(report, one, paint)),
    slow(report, paint),
    uncovered(report, paint),
    run.notes.map((note) => `note  ${clean(note)}`).join("\n"),
    closing(report, paint),
  ];
  return blocks.filter((block) => block !== "").join("\n\n");
}

function failed({ folder }: TestReport, { file, line, name, failures }: TestResult, paint: Paint): string {
  return [
    `${paint.red("failed")}  ${paint.bold(clean(name))}   ${pathOf(folder, file)}:${line}`,
    ...failures.map((one) => details(one, paint)),
  ].join("\n");
}

function details({ text, differences }: Failure, paint: Paint): string {
  const width = Math.max(0, ...differences.flatMap((one) => sidesOf(one).map(([side]) => side.length)));
  const told = differences.flatMap((one) => [
    `    ${one.path}`,
    ...sidesOf(one).map(([side, value]) => `      ${paint.dim(side.padEnd(width))}  ${clean(value)}`),
  ]);
  return [`  ${clean(text)}`, ...told].join("\n");
}

function slow({ run: { results }, folder }: TestReport, paint: Paint): string {
  const took = ({ ms = 0 }: TestResult) => ms;
  const slowest = results.filter((one) => took(one) >= SLOW).toSorted((a, b) => took(b) - took(a));
  return slowest
    .slice(0, MOST_SLOW)
    .map((one) => `${paint.dim("slow")}    ${Math.round(took(one))} ms  ${clean(one.name)}   ${pathOf(folder, one.file)}:${one.line}`)
    .join("\n");
}

function uncovered({ run: { coverage }, folder }: TestReport, paint: Paint): string {
  const missed = (coverage?.files ?? []).filter((file) => file.uncovered.length > 0);
  return missed
    .map(
      ({ file, percent, uncovered: lines }) =>
        `${paint.dim("missed")}  ${pathOf(folder, file)}  ${percent} %, nothing reaches line ${linesText(lines)}`,
    )
    .join("\n");
}

function closing(report: TestReport, paint: Paint): string {
  const { run } = report;
  const short = shortfall(report);
  const covered = run.coverage === undefined || short !== undefined ? "" : `; ${run.coverage.percent} % of the author's rules reached`;
  const summary = `${summaryOf(report)}${covered}.`;
  const told = countsOf(run).failed === 0 ? paint.green(summary) : paint.red(summary);
  return short === undefined ? told : `${told}\n${paint.red(`${short}.`)}`;
}

/** Control characters of an author's file must not reach the terminal. */
function clean(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ");
}
