export { createQuarantine, type QuarantineOptions } from "./create-quarantine.ts";
export type { AgentNames, Quarantine, QuarantineReason } from "./quarantine.ts";
export { stoppedCall, stoppedCaller, stoppedTarget, withheldFor } from "./stopped.ts";
