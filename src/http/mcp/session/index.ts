export { InFlight } from "./in-flight.ts";
export { Questions } from "./questions.ts";
export { deleteSession, postResponse, postWithSession } from "./session-door.ts";
export { openSessionStream } from "./session-stream.ts";
