export { type ApprovedKind, approvedOf, serversAt } from "./approved.ts";
export { list } from "./list.ts";
export { hasAny, listablesOf } from "./listable.ts";
export { listMethods, visibleOf, visibleUnder } from "./visible.ts";
