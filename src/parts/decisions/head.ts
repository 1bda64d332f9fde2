import type { LogId } from "../../core/ids.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { LogHead } from "./decision-log.ts";

export interface InvalidHead {
  readonly code: "head.invalid";
  readonly detail: string;
}

const HEAD = /^(log_[0-9a-f-]{36}):(0|[1-9]\d{0,15}):([0-9a-f]{64})$/;

/** A head as one word that fits a ticket, a mail or a witness: `<log id>:<records>:<SHA-256 of the last line>`. */
export function formatHead(head: LogHead): string {
  return `${head.log}:${head.count}:${head.hash}`;
}

export function parseHead(text: string): Result<LogHead, InvalidHead> {
  const match = HEAD.exec(text);
  const count = Number(match?.[2]);
  if (match?.[1] === undefined || match[3] === undefined || !Number.isSafeInteger(count)) {
    return err({ code: "head.invalid", detail: `"${text.slice(0, 200)}" is not a head: wanted <log id>:<records>:<64 hex digits>` });
  }
  return ok({ log: match[1] as LogId, count, hash: match[3] });
}
