export { mcpDoor } from "./door.ts";
export type { DoorParts } from "./visit.ts";
