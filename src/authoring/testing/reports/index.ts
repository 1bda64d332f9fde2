export { holds, type TestFormat, type TestReport, testFormats } from "./test-report.ts";
export type { Paint } from "./text.ts";
export { writeTestReport } from "./write-test-report.ts";
