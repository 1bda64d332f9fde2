export { type CompareOptions, comparePolicies, type Unusable } from "./compare.ts";
export { type FailOn as DiffFailOn, failWords as diffFailWords, readFailOn } from "./fail-on.ts";
export { markdownReport as diffMarkdown } from "./markdown-report.ts";
export { diffPolicies, isUnchanged, type PolicyDiff } from "./policy-diff.ts";
export { allMet, jsonReport as diffJson, type Met } from "./report.ts";
export { type DiffSide, type Holdings, holdingsOf } from "./side.ts";
export { type DiffPaint, textReport as diffText } from "./text-report.ts";
