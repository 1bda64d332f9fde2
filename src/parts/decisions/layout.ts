import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { DecisionId, LogId } from "../../core/ids.ts";

/** `<folder>/<log id>/000001.jsonl`. Log ids sort by the time they were made; `openLog` sees to it when a clock goes back. */
const LOG_ID = /^log_[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const SEGMENT = /^(\d{6,9})\.jsonl$/;
const DIGITS = 6;

/** A log's folder has this ending until its first records are synced. What still has it never became a log. */
export const UNBORN = ".new";
/** The torn end of a segment, set aside. */
export const TORN = ".torn";

export function segmentName(segment: number): string {
  return `${String(segment).padStart(DIGITS, "0")}.jsonl`;
}

export interface SegmentPlace {
  readonly segment: number;
  readonly path: string;
}

/** Oldest first. */
export async function listLogs(dir: string): Promise<LogId[]> {
  const names = await readdir(dir);
  return names.filter((name): name is LogId => LOG_ID.test(name)).sort();
}

/** In the order in which they were written. */
export async function listSegments(dir: string, log: LogId): Promise<SegmentPlace[]> {
  const places: SegmentPlace[] = [];
  for (const name of await readdir(join(dir, log))) {
    const digits = SEGMENT.exec(name)?.[1];
    if (digits !== undefined) places.push({ segment: Number(digits), path: join(dir, log, name) });
  }
  return places.sort((a, b) => a.segment - b.segment);
}

/** Milliseconds since 1970 in a UUIDv7 id. */
export function mintedAt(id: LogId | DecisionId): number {
  return Number.parseInt(id.slice(4, 12) + id.slice(13, 17), 16);
}
