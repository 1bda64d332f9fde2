export { assembleBundle, type BuildOptions, type BuiltBundle, type BundleSources, buildBundle, manifestFor } from "./build.ts";
export { type CheckedSources, checkSources } from "./check-sources.ts";
export { compileWasm } from "./compile.ts";
export { type BundleReport, inspectBundle } from "./inspect.ts";
export { libraryFolder, readLibrary } from "./library.ts";
export { packBundle } from "./pack.ts";
export { generateKeyPair, type SigningKey, signBundle } from "./sign.ts";
