export { type Ends, watchEnds } from "./ends.ts";
export { subscribe } from "./subscribe.ts";
export { createWatches, type Watches } from "./watches.ts";
