export type { Account } from "./access.ts";
export { type OciFetcherOptions, ociFetcher } from "./oci-fetcher.ts";
export { type Pushed, type PushOptions, pushImage } from "./push-image.ts";
export { isLoopbackRegistry, parseReference, type Reference, referenceForm, referenceText } from "./reference.ts";
export { type FetchedManifest, Registry, type RegistryOptions } from "./registry.ts";
