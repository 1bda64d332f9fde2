export { findRecord, type NoRecord } from "./find-record.ts";
export { type Readers, type RecordedCase, readersOf, recordedCase } from "./recorded-case.ts";
export { caseFileText, withCase } from "./write-case.ts";
