export { type BundleContents, readBundle } from "./archive.ts";
export type { BundleCode, BundleIdentity, BundleRefusal, VerifiedBundle } from "./bundle.ts";
export { type BundleStore, fileBundleStore } from "./bundle-store.ts";
export { canonicalJson, compareUtf8, hashFile } from "./canonical.ts";
export { type BundleConfig, bundleConfig, bundleLimits } from "./config.ts";
export { dataFile, manifestFile, signaturesFile, wasmFile } from "./entry-name.ts";
export { fileSequenceFloor } from "./file-sequence-floor.ts";
export { type JudgedSignatures, judgeSignatures, type Moment } from "./judge-signatures.ts";
export {
  type BundleKey,
  fits,
  type Keyring,
  maxSignatures,
  ownerOf,
  readKeyring,
  type SignatureAlgorithm,
  signatureAlgorithms,
} from "./keyring.ts";
export { type BundleLimits, defaultBundleLimits } from "./limits.ts";
export {
  defaultTenant,
  entrypoints,
  type Manifest,
  type ManifestMetadata,
  manifestMetadata,
  readJsonFile,
  readManifest,
} from "./manifest.ts";
export { memorySequenceFloor } from "./memory-sequence-floor.ts";
export { checkSequence, type Floor, type FloorKey, type SequenceFloor } from "./sequence-floor.ts";
export { compareFiles, contentDigest, filesOf, type SignedFile } from "./signature.ts";
export { claimsOf, readSignatures, type Signatures, writeSignatures } from "./signatures-file.ts";
export {
  type Account,
  type BundleSource,
  type Fetcher,
  type FileSourceOptions,
  fileSource,
  httpFetcher,
  ociFetcher,
  parseReference,
  pollingSource,
  pushImage,
  type ReadSecret,
  type Reference,
  Registry,
  referenceText,
  type Schedule,
  type SourceEvents,
  type SourceProblem,
  type SourceStatus,
} from "./sources/index.ts";
export { type Expectations, libraryDigest, verifyBundle } from "./verify.ts";
