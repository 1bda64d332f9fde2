export { type RejudgedOn, rejudgeOf } from "./create-rejudge.ts";
export { failureOf, flipOf, isOfTheMoment } from "./flip-of.ts";
export type { FlipOf, Judged, JudgedList, Readmitted, Rejudge, Rejudged, Relisted } from "./rejudge.ts";
