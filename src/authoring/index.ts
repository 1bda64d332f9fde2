export {
  assembleBundle,
  type BuildOptions,
  type BuiltBundle,
  type BundleReport,
  type BundleSources,
  buildBundle,
  compileWasm,
  generateKeyPair,
  inspectBundle,
  libraryFolder,
  manifestFor,
  packBundle,
  readLibrary,
  type SigningKey,
  signBundle,
} from "./bundle/index.ts";
export { gatherMistakes, type Mistakes } from "./mistakes.ts";
export { type FindOpaOptions, findOpa, type Opa, type OpaOutput, pinnedOpa, runOpa } from "./opa.ts";
export { type PinCounts, type PinKind, type PinProposal, type PinRequest, type PinsFile, pinServer, readPins } from "./pins/index.ts";
export { type CataloguedServer, readServers, readTables, type TableData, type TableMistake, type TablesRead } from "./tables/index.ts";
