export { OpenedBundles, unusableText } from "./opened-bundles.ts";
export { type ReplayOptions, replayLogs } from "./replay.ts";
export { type Difference, holds, type Replay, type ReplayCounts, type ReplayedKind } from "./report.ts";
export { differingMembers } from "./same-decision.ts";
export { replayText } from "./text-report.ts";
