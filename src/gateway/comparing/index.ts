export type { ComparedPair, Comparing } from "./comparing.ts";
export { type ComparingOptions, createComparing } from "./create-comparing.ts";
