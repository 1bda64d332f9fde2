export { createDesk } from "./create-desk.ts";
export type { DecisionRecords, Desk, DeskRefusal, DeskStatus, Operator, WantedQuarantine } from "./desk.ts";
export type { DeskParts } from "./parts.ts";
