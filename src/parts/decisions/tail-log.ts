import { basename, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { LogId } from "../../core/ids.ts";
import { listLogs, listSegments, type SegmentPlace } from "./layout.ts";
import { parseObject } from "./line.ts";
import { LineReader } from "./line-reader.ts";

export type LogRecord = Readonly<Record<string, unknown>>;

export interface TailOptions {
  /** Goes on with what is written later, until `signal` says to stop. */
  readonly follow?: boolean;
  readonly filter?: (record: LogRecord) => boolean;
  readonly signal?: AbortSignal;
  /** Begin with the newest log instead of the oldest. */
  readonly newest?: boolean;
  /** How often a followed log is looked at. */
  readonly pollMs?: number;
}

const POLL_MS = 200;

/**
 * The records of a folder in the order they were written; segment headers are left out. A record whose append was
 * refused may be seen before the log takes it back. A line that is not a record comes as kind `unreadable`.
 */
export async function* tailLog(dir: string, options: TailOptions = {}): AsyncGenerator<LogRecord, void> {
  const { filter = () => true, signal } = options;
  for await (const record of readAll(dir, options)) {
    if (signal?.aborted) return;
    if (filter(record)) yield record;
  }
}

async function* readAll(dir: string, options: TailOptions): AsyncGenerator<LogRecord, void> {
  let place = await firstPlace(dir, options.newest === true);
  while (place === undefined) {
    if (!(await pause(options))) return;
    place = await firstPlace(dir, options.newest === true);
  }
  while (place !== undefined) {
    const current: Place = place;
    const reader = await LineReader.open(current.path);
    try {
      yield* readSegment(dir, current, reader, options);
    } finally {
      await reader.close();
    }
    if (options.signal?.aborted) return;
    place = await placeAfter(dir, current);
  }
}

/** Ends when everything is read and there is a later segment, or nothing is to be waited for. */
async function* readSegment(dir: string, place: Place, reader: LineReader, options: TailOptions): AsyncGenerator<LogRecord, void> {
  let line = 0;
  let left = false;
  for (;;) {
    for (let lines = await reader.next(); lines !== undefined; lines = await reader.next()) {
      for (const bytes of lines) {
        line += 1;
        if (line > 1) yield parse(bytes, place, line);
      }
    }
    // Once there is a later segment nothing is added to this one: what came before it was made is read by one more round.
    if (left) return;
    left = (await placeAfter(dir, place)) !== undefined;
    if (left) continue;
    if (!(await pause(options))) return;
    // After a failure the log cuts off what it refused, and may use a segment without any record again.
    if ((await reader.size()) < reader.offset) {
      reader.rewind();
      line = 0;
    }
  }
}

interface Place extends SegmentPlace {
  readonly log: LogId;
}

async function firstPlace(dir: string, newest: boolean): Promise<Place | undefined> {
  const logs = await listLogs(dir);
  const log = newest ? logs.at(-1) : logs[0];
  if (log === undefined) return undefined;
  const [first] = await listSegments(dir, log);
  return first && { log, ...first };
}

async function placeAfter(dir: string, place: Place): Promise<Place | undefined> {
  const next = (await listSegments(dir, place.log)).find((one) => one.segment > place.segment);
  if (next !== undefined) return { log: place.log, ...next };
  for (const log of await listLogs(dir)) {
    if (log <= place.log) continue;
    const [first] = await listSegments(dir, log);
    if (first !== undefined) return { log, ...first };
  }
  return undefined;
}

function parse(bytes: Buffer, place: Place, line: number): LogRecord {
  const where = join(place.log, basename(place.path));
  return parseObject(bytes.toString("utf8")) ?? { kind: "unreadable", id: `${where}:${line}` };
}

/** Whether to look again. */
async function pause(options: TailOptions): Promise<boolean> {
  if (options.follow !== true || options.signal?.aborted) return false;
  try {
    await wait(options.pollMs ?? POLL_MS, undefined, options.signal && { signal: options.signal });
    return true;
  } catch {
    return false;
  }
}
