export type { Account } from "./access.ts";
export { ociFetcher } from "./oci-fetcher.ts";
export { type Pushed, pushImage } from "./push-image.ts";
export { isLoopbackRegistry, parseReference, type Reference, referenceForm, referenceText } from "./reference.ts";
export { Registry } from "./registry.ts";
