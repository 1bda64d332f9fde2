export type { ComparedPair, Comparing } from "./comparing.ts";
export { createComparing } from "./create-comparing.ts";
