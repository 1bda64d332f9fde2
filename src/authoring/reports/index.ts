export { annotation } from "./github.ts";
export { counted, pathOf, type Report, type ReportFormat, reportFormats, type Written } from "./report.ts";
export { writeReport } from "./write-report.ts";
