export { type ReplayOptions, replayLogs } from "./replay.ts";
export { type Difference, holds, type Replay } from "./report.ts";
export { replayText } from "./text-report.ts";
