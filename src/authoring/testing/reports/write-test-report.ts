import { countsOf } from "../test-run.ts";
import { githubTestReport } from "./github.ts";
import { junitReport } from "./junit.ts";
import { holds, type TestFormat, type TestReport } from "./test-report.ts";
import { type Paint, textReport } from "./text.ts";

/** A test run as a person, a script, a CI server or GitHub reads it. */
export function writeTestReport(format: TestFormat, report: TestReport, paint: Paint): string {
  switch (format) {
    case "text":
      return textReport(report, paint);
    case "json": {
      const { results, coverage, notes } = report.run;
      const minimum = report.minCoverage === undefined ? {} : { min_coverage: report.minCoverage };
      return JSON.stringify({ ok: holds(report), ...countsOf(report.run), ...minimum, coverage, results, notes });
    }
    case "junit":
      return junitReport(report);
    case "github":
      return githubTestReport(report);
  }
}
