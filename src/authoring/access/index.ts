export type { AccessCaller, AccessCell, AccessConditions, AccessState, AccessTable, AccessTarget } from "./access.ts";
