export { absence } from "./absence.ts";
export { inequality } from "./inequality.ts";
export { negation } from "./negation.ts";
export { partialBuiltin } from "./partial.ts";
export { withOutsideTests } from "./with.ts";
