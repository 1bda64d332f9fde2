export { otherMethod } from "./extension.ts";
export { sessionHandlers, statelessHandlers } from "./table.ts";
