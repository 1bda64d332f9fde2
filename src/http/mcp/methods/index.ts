export { sessionHandlers, statelessHandlers } from "./table.ts";
