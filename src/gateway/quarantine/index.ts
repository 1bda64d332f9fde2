export { createQuarantine } from "./create-quarantine.ts";
export type { AgentNames, Quarantine } from "./quarantine.ts";
export { stoppedCall, stoppedCaller, stoppedTarget, withheldFor } from "./stopped.ts";
