export type { FlipOf, Judged, Rejudge, Rejudged } from "./rejudge.ts";
