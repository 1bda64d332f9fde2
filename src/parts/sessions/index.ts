export { type SessionsConfig, sessionsConfig } from "./config.ts";
export { memorySessions } from "./memory-sessions.ts";
export { redisSessions, type SessionNews } from "./redis-sessions.ts";
export { type Session, type SessionChange, type Sessions, SessionsUnavailable } from "./sessions.ts";
