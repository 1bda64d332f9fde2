import { annotation, pathOf } from "../../reports/index.ts";
import { failureText, isFailed, linesText, shortfall, summaryOf, type TestReport } from "./test-report.ts";

/** Workflow commands that GitHub shows beside the lines of a pull request. */
export function githubTestReport(report: TestReport): string {
  const { run, folder } = report;
  const failed = run.results
    .filter(isFailed)
    .flatMap(({ file, line, name, failures }) =>
      failures.map((one) => annotation({ file: pathOf(folder, file), line, title: `${one.kind}: ${name}` }, failureText(one))),
    );
  return [...failed, ...missed(report), `${summaryOf(report)}.`].join("\n");
}

function missed(report: TestReport): readonly string[] {
  const short = shortfall(report);
  if (short === undefined) return [];
  return (report.run.coverage?.files ?? [])
    .filter(({ uncovered }) => uncovered.length > 0)
    .map(({ file, uncovered }) =>
      annotation(
        { file: pathOf(report.folder, file), line: uncovered[0]?.[0], title: "coverage" },
        `${short}; nothing reaches line ${linesText(uncovered)}`,
      ),
    );
}
