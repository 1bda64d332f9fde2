export { type Plan, planOf, type RolloutConfig, rolloutConfig } from "./config.ts";
export { createRollouts, type RunningRollouts } from "./create-rollouts.ts";
export { parseRollbackRule, rollbackRuleText, ruleMeasures } from "./rollback-rule.ts";
export type { RolloutRefusal, RolloutStatus, Rollouts, WantedRollout } from "./rollouts.ts";
export { stepText } from "./steps.ts";
