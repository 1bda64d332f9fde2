export type { AuthRefusal, Identity } from "./identity.ts";
