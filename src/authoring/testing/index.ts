export { type BenchOptions, benchPolicies, type CaseCost, type PolicyBench } from "./bench.ts";
export { readPattern } from "./pattern.ts";
export { caseFileText, findRecord, type RecordedCase, readersOf, recordedCase, withCase } from "./recording/index.ts";
export { holds, type Paint, type TestFormat, type TestReport, testFormats, writeTestReport } from "./reports/index.ts";
export { type TestOptions, testOpened, testPolicies } from "./test-policies.ts";
export {
  type Coverage,
  countsOf,
  type Failure,
  type FileCoverage,
  type TestResult,
  type TestRun,
  type ValueDifference,
} from "./test-run.ts";
