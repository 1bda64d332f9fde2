export { andMore, callerKey, listed, tellCaller, tellCallers } from "./callers.ts";
export { allHours, bothHours, type Hours, isWithin, noHours, otherHours, readHours } from "./hours.ts";
export { type Met, type Span, whenMet } from "./opening.ts";
export { nowhere, type Place, type Places, placesIn, placeText } from "./places.ts";
export { targetKey, tellTargets } from "./targets.ts";
