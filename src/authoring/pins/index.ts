export { visible } from "./definition-diff.ts";
export { type PinCounts, type PinProposal, type PinRequest, pinServer } from "./pin-server.ts";
export { type PinKind, type PinsFile, pinKinds, readPins, writePins } from "./pins-file.ts";
