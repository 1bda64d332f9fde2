export { type CasesRead, goldenCases } from "./cases.ts";
export { type CasePlace, casePlaces } from "./places.ts";
export { defaultInstant } from "./short-case.ts";
export type { Surroundings } from "./stage.ts";
export type { GoldenCase } from "./whole-case.ts";
