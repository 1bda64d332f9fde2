export type { AccessCaller, AccessCell, AccessConditions, AccessState, AccessTable, AccessTarget } from "./access.ts";
export { accessOf } from "./access-of.ts";
export type { AccessSelection, GroupChoice } from "./selection.ts";
