export { type FileSourceOptions, fileSource } from "./file-source.ts";
export { httpFetcher, type ReadSecret } from "./http-fetcher.ts";
export {
  type Account,
  isLoopbackRegistry,
  ociFetcher,
  parseReference,
  pushImage,
  type Reference,
  Registry,
  referenceForm,
  referenceText,
} from "./oci/index.ts";
export { type Fetched, type Fetcher, type FetchFailure, pollingSource, type Schedule } from "./polling-source.ts";
export type { BundleSource, SourceEvents, SourceProblem, SourceStatus } from "./source.ts";
export { isSafeUrl } from "./wire/index.ts";
