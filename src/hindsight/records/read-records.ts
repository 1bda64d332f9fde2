import { readdir } from "node:fs/promises";
import { hasCode } from "../../core/errors.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { type LogFault, type LogRecord, verifyLog } from "../../parts/decisions/index.ts";
import { logSize } from "./log-size.ts";
import type { Place } from "./place.ts";

/** A record of a log that holds up to it. */
export interface HeldRecord {
  readonly place: Place;
  readonly value: LogRecord;
  /** Its line: numbers that a double cannot hold stand in it as they were written. */
  readonly line: string;
}

/** Times in Unix milliseconds; `until` is the first one that is too late. */
export interface Span {
  readonly since?: number;
  readonly until?: number;
}

/** How far a reading is, in bytes of all logs. Told after each batch of records. */
export type ReadProgress = (done: number, all: number) => void;

/** What was read, and where it could not be gone on with. */
export interface Reading {
  /** Records that were found good, those outside the span too. */
  readonly records: number;
  readonly logs: number;
  /** At most one a place: nothing behind it was looked at. */
  readonly faults: readonly BrokenLog[];
  /** Places whose gateway is running: their last records may be missing. */
  readonly live: readonly Place[];
}

export interface BrokenLog {
  readonly place: Place;
  readonly fault: LogFault;
}

/** There is no log where one was expected. */
export interface NoLog {
  readonly kind: "no_folder";
  readonly place: Place;
  readonly detail: string;
}

/**
 * Verifies the logs of all places, one after the other, and gives each record within the span that holds, in the order
 * it was written; a promise is waited for. Memory does not grow with the logs.
 */
export async function readRecords(
  places: readonly Place[],
  span: Span,
  use: (record: HeldRecord) => void | Promise<void>,
  progress?: ReadProgress,
): Promise<Result<Reading, NoLog>> {
  for (const place of places) {
    const missing = await missingAt(place);
    if (missing !== undefined) return err(missing);
  }
  const faults: BrokenLog[] = [];
  const live: Place[] = [];
  let [records, logs] = [0, 0];
  const tell = progress && teller(progress, await logSize(places));
  for (const place of places) {
    const each = (value: LogRecord, line: string) => {
      tell?.(line.length + 1);
      return isWithin(value, span) ? use({ place, value, line }) : undefined;
    };
    const read = await verifyLog(place.logFolder, { each });
    records += read.records;
    logs += read.logs;
    if (read.fault !== undefined) faults.push({ place, fault: read.fault });
    if (read.live) live.push(place);
  }
  progress?.(1, 1);
  return ok({ records, logs, faults, live });
}

const BATCH = 256;

function teller(progress: ReadProgress, all: number): (bytes: number) => void {
  let [done, count] = [0, 0];
  return (bytes) => {
    done += bytes;
    count += 1;
    if (count % BATCH === 0) progress(Math.min(done, all), all);
  };
}

async function missingAt(place: Place): Promise<NoLog | undefined> {
  try {
    await readdir(place.logFolder);
    return undefined;
  } catch (error) {
    if (!hasCode(error, "ENOENT", "ENOTDIR")) throw error;
    const detail = `"${place.name}": there is no folder "${place.logFolder}"; wanted the data_dir of a gateway`;
    return { kind: "no_folder", place, detail };
  }
}

function isWithin({ time }: LogRecord, { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY }: Span): boolean {
  if (since === Number.NEGATIVE_INFINITY && until === Number.POSITIVE_INFINITY) return true;
  const at = typeof time === "string" ? Date.parse(time) : Number.NaN;
  return at >= since && at < until;
}
