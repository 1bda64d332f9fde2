export type { DecisionLog, Durability, LogHead, LogUnavailable, RecordPosition } from "./decision-log.ts";
