export { type CataloguedTools, readCataloguedTools } from "./catalogued-tools.ts";
export { meantBelow } from "./policies-below.ts";
export { type CataloguedServer, readServers } from "./read-servers.ts";
export { readTables, type TableData, type TableMistake, type TablesRead } from "./read-tables.ts";
