export { type SessionsConfig, sessionsConfig } from "./config.ts";
export { memorySessions } from "./memory-sessions.ts";
export type { Session, Sessions } from "./sessions.ts";
