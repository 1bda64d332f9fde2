export { type PinProposal, type PinRequest, pinServer } from "./pin-server.ts";
export { type PinsFile, readPins, writePins } from "./pins-file.ts";
