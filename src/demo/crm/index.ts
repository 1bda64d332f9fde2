export type { JournalEntry } from "./journal.ts";
export { type CrmOptions, DEFAULT_PORT, type RunningCrm, startCrm } from "./start-crm.ts";
