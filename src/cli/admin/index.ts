export { type AdminClient, type AdminFailure, type Answered, type Asked, adminClient } from "./client.ts";
export { tellFailure } from "./failure.ts";
export { type AdminFlags, adminFlags, reach } from "./reach.ts";
