export type { Session, Sessions } from "./sessions.ts";
