export type { Quarantine, QuarantineReason } from "./quarantine.ts";
