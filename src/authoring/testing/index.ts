export { type TestOptions, testPolicies } from "./test-policies.ts";
export {
  type Coverage,
  countsOf,
  type Failure,
  type FileCoverage,
  type TestResult,
  type TestRun,
  type ValueDifference,
} from "./test-run.ts";
