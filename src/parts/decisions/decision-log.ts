import type { LogId } from "../../core/ids.ts";
import type { Result } from "../../core/result.ts";

/**
 * `always`: wait for an fdatasync that covers the record, shared by concurrent calls.
 * `grouped`: wait for a completed write shared by concurrent calls; the fdatasync follows within 50 ms.
 */
export type Durability = "always" | "grouped";

export interface RecordPosition {
  /** Records before this one in the whole log. */
  readonly seq: number;
}

export interface LogUnavailable {
  readonly code: "gateway.log_unavailable";
  readonly detail: string;
}

export interface LogHead {
  readonly log: LogId;
  readonly count: number;
  /** SHA-256 of the last line, 64 hex digits. */
  readonly hash: string;
}

/** The append-only, hash-chained log of one process. */
export interface DecisionLog {
  /**
   * Appends one record. `body` is the text of a JSON object without white space that starts with `{"kind":"<kind>","id":"<id>"`;
   * the log puts `v`, `seq`, `prev` and `durability` before its members. Order of calls is order in the log.
   * Refuses within `stallMs` when the disk does not take it; then every append is refused until a write succeeds again.
   */
  append(body: string, durability: Durability): Promise<Result<RecordPosition, LogUnavailable>>;
  /** Whether the next append can be expected to succeed. */
  healthy(): boolean;
  head(): LogHead;
  /** Writes and syncs what is pending, then closes. */
  close(): Promise<void>;
}
