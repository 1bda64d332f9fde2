export type { AdminClient, AdminFailure, Answered, Asked } from "./client.ts";
export { tellFailure } from "./failure.ts";
export { type AdminFlags, adminFlags, reach } from "./reach.ts";
