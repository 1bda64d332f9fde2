export { list } from "./list.ts";
export { hasAny, listablesOf, serversAt } from "./listable.ts";
export { visibleOf } from "./visible.ts";
