export { subscribe } from "./subscribe.ts";
export { createWatches, type Watches } from "./watches.ts";
