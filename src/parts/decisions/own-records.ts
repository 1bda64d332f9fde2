import type { LogId } from "../../core/ids.ts";
import type { LogHead } from "./decision-log.ts";

/** A torn end that a killed process left behind, and where its bytes were put. */
export interface TornEnd {
  readonly log: LogId;
  /** Beside the segment it was cut from. */
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface Start {
  readonly log: LogId;
  readonly time: string;
  readonly instance: string;
  /** The head of the log before this one in the same folder: so restarts chain. */
  readonly previous: LogHead | undefined;
  readonly torn: readonly TornEnd[];
}

/** The first record of a log. */
export function startBody(start: Start): string {
  const { log, time, instance, previous = null, torn } = start;
  return JSON.stringify({ kind: "start", id: log, time, instance, previous, ...(torn.length > 0 && { torn }) });
}

/** An intent of the log before, whose process ended before the outcome. */
export interface Orphan {
  readonly id: string;
  readonly log: LogId;
  readonly seq: number;
  /** The intent's record: what was reserved and where it went. */
  readonly record: Readonly<Record<string, unknown>>;
}

/** Closes an orphan. It stands in the new log; the id pairs it with its intent. */
export function abortedBody(orphan: Orphan, time: string): string {
  const { id, log, seq } = orphan;
  return JSON.stringify({ kind: "outcome", id, aborted: true, time, intent: { log, seq } });
}

/** A stretch of time in which the log took nothing. */
export interface Gap {
  readonly since: string;
  readonly error: string;
  /** Appends that were refused. */
  readonly refused: number;
  /** Records whose append was refused because a sync failed, but whose line had been written and stays in the log. */
  readonly kept: readonly { readonly seq: number; readonly id?: string }[];
  /** Records before this one were known to be synced when it began. */
  readonly synced: number;
}

/** The first record after a gap. */
export function gapBody(log: LogId, time: string, gap: Gap): string {
  return JSON.stringify({ kind: "gap", id: log, time, ...gap });
}
