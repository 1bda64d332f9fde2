export { absence } from "./absence.ts";
export { inequality } from "./inequality.ts";
export { negation } from "./negation.ts";
export { partialBuiltin } from "./partial.ts";
export { pattern } from "./pattern.ts";
export { withOutsideTests } from "./with.ts";
