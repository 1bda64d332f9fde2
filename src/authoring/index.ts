export {
  type AccessCaller,
  type AccessCell,
  type AccessConditions,
  type AccessSelection,
  type AccessState,
  type AccessTable,
  type AccessTarget,
  accessOf,
  type GroupChoice,
} from "./access/index.ts";
export {
  assembleBundle,
  type BuildOptions,
  type BuiltBundle,
  type BundleReport,
  type BundleSources,
  buildBundle,
  type CheckedSources,
  checkSources,
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
export { type Developed, type DevelopOptions, develop, type ThrowAwayKey, throwAwayKey, throwAwayOwner, watchFolder } from "./dev/index.ts";
export {
  allMet,
  type CompareOptions,
  comparePolicies,
  type DiffFailOn,
  diffFailWords,
  diffJson,
  diffMarkdown,
  diffText,
  type PolicyDiff,
  readFailOn,
  type Unusable,
} from "./diff/index.ts";
export { type Initialised, type InitRequest, initRepository, type NotInitialised } from "./init/index.ts";
export {
  type AcceptedFinding,
  type CatalogLint,
  type LintFinding,
  type LintItem,
  type LintResult,
  type LintRule,
  lintRules,
  lintServer,
  openLint,
} from "./lint/index.ts";
export { type MatrixFacts, matrixCsv, matrixHtml, matrixJson, matrixText } from "./matrix/index.ts";
export { gatherMistakes, type Mistakes } from "./mistakes.ts";
export { type FindOpaOptions, findOpa, type Opa, OpaFailed, type OpaOutput, pinnedOpa, runOpa } from "./opa.ts";
export { type Added, type AddRequest, addPack, type NotAdded, type Pack, packsFolder, readPacks } from "./packs/index.ts";
export { type PinCounts, type PinKind, type PinProposal, type PinRequest, type PinsFile, pinServer, readPins } from "./pins/index.ts";
export {
  type Invariants,
  invariantHolds,
  type Proof,
  type ProofFormat,
  type ProofPaint,
  type ProveOptions,
  proofFormats,
  provePolicies,
  readInvariants,
  type Unproven,
  writeProof,
} from "./prove/index.ts";
export { counted, type Report, type ReportFormat, reportFormats, type Written, writeReport } from "./reports/index.ts";
export {
  type CataloguedServer,
  meantBelow,
  readServers,
  readTables,
  type TableData,
  type TableMistake,
  type TablesRead,
} from "./tables/index.ts";
export {
  type BenchOptions,
  benchPolicies,
  type CaseCost,
  caseFileText,
  countsOf,
  type Failure,
  findRecord,
  holds,
  type PolicyBench,
  type RecordedCase,
  readersOf,
  readPattern,
  recordedCase,
  type TestFormat,
  type TestReport,
  type TestResult,
  type TestRun,
  testFormats,
  testOpened,
  testPolicies,
  withCase,
  writeTestReport,
} from "./testing/index.ts";
export { openWorkbench, type Unopened, type Workbench, type WorkbenchOptions } from "./workbench/index.ts";
