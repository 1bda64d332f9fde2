export type { CallEvent, News } from "./offer.ts";
export { referencePrompts } from "./prompts.ts";
export { referenceResources, referenceTemplate } from "./resources.ts";
export { redPixel } from "./samples.ts";
export { type ReferenceServerOptions, type RunningReferenceServer, startReferenceServer } from "./start.ts";
export { referenceTools } from "./tools/index.ts";
