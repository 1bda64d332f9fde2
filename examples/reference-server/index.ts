export type { CallEvent } from "./offer.ts";
export { redPixel } from "./samples.ts";
export { type ReferenceServerOptions, type RunningReferenceServer, startReferenceServer } from "./start.ts";
export { referenceTools } from "./tools.ts";
