export { type AskedOfPolicy, askedOf, isMembers, memberText } from "./asked.ts";
export { bundleOf, otherContent } from "./bundle-of.ts";
export { type Place, placeOf } from "./place.ts";
export { type BrokenLog, type HeldRecord, type NoLog, type Reading, type ReadProgress, readRecords, type Span } from "./read-records.ts";
export { recordsOf } from "./records-of.ts";
export { type Counted, Tally } from "./tally.ts";
