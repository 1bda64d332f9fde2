export { type PinProposal, type PinRequest, type PinsFile, pinServer, readPins } from "./pins/index.ts";
export { readTables, type TableData, type TableMistake, type TablesRead } from "./tables/index.ts";
