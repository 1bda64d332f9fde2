import { githubReport } from "./github.ts";
import type { Report, ReportFormat, Written } from "./report.ts";
import { sarifReport } from "./sarif.ts";
import { textReport } from "./text.ts";

/** A report in the form that a person, a script, GitHub or another tool reads. Only the text of mistakes goes to standard error. */
export function writeReport(format: ReportFormat, report: Report, style: { readonly colour?: boolean } = {}): Written {
  switch (format) {
    case "text":
      return textReport(report, style);
    case "json": {
      const { mistakes, notes, summary } = report;
      return { out: JSON.stringify({ ok: mistakes.length === 0, mistakes, notes, summary }), err: "" };
    }
    case "github":
      return { out: githubReport(report), err: "" };
    case "sarif":
      return { out: JSON.stringify(sarifReport(report), undefined, 2), err: "" };
  }
}
