export type { LintFinding, LintItem, LintRule } from "./finding.ts";
export { type CatalogLint, openLint } from "./lint-catalog.ts";
export { type AcceptedFinding, type LintResult, lintRules, lintServer } from "./lint-server.ts";
