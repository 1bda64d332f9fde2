import { pino } from "pino";
import type { Logger } from "./logger.ts";

/** JSON lines on standard error, one a message. Standard output stays free for what a command answers. */
export function pinoLogger(level: "debug" | "info" | "warn" | "error"): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 2, sync: true }));
}
