export { readTables, type TableData, type TableMistake, type TablesRead } from "./read-tables.ts";
