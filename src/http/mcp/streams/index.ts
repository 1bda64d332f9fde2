export { type EventPlace, readEventId } from "./event-id.ts";
export { COMMENT, EventStream, type Line, type Sink } from "./event-stream.ts";
export { type ListNews, type OpenStream, OpenStreams, tooManyStreams, tooManyWatched } from "./open-streams.ts";
export type { ReplayStream, StreamOwner } from "./replay-stream.ts";
export { LINGER_MS, Replays } from "./replays.ts";
export { Watches } from "./watches.ts";
