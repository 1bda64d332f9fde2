export { type PolicyConfig, policyConfig } from "./config.ts";
export { createPolicy, type MeasurablePolicy, type Measured } from "./create-policy.ts";
export type { PolicyFailure, PolicyUnusable } from "./failure.ts";
export {
  askCase,
  type CaseOutcome,
  compareCase,
  failedCaseAnswer,
  fits,
  type GoldenCase,
  readCaseAnswer,
  readGoldenCase,
} from "./golden-case.ts";
export { type Entrypoint, entrypoints, type Load, lightLoad, type Policy, type PolicyLimits, type PolicySource } from "./policy.ts";
export { policyDataText } from "./policy-data.ts";
