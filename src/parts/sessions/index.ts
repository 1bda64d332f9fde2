export { type SessionsConfig, sessionsConfig } from "./config.ts";
export { memorySessions } from "./memory-sessions.ts";
export { redisSessions } from "./redis-sessions.ts";
export { SESSION_ENDED, type Session, type SessionChange, type SessionNews, type Sessions, SessionsUnavailable } from "./sessions.ts";
