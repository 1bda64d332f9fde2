import { hash } from "node:crypto";
import { open, readFile, rename, rm, truncate } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { LogId } from "../../core/ids.ts";
import type { LogHead } from "./decision-log.ts";
import { syncFolder } from "./disk.ts";
import { listLogs, listSegments, type SegmentPlace, TORN } from "./layout.ts";
import { type OpenIntent, parseHeader, parseObject, recordStart, type SegmentHeader } from "./line.ts";
import { readLines } from "./line-reader.ts";
import type { Orphan, TornEnd } from "./own-records.ts";

export interface PreviousLog {
  readonly head: LogHead | undefined;
  readonly orphans: readonly Orphan[];
  readonly torn: readonly TornEnd[];
  /** The first line of its last segment could not be read: intents from earlier segments may be unknown. */
  readonly damaged: boolean;
}

const BRACE = 0x7d;

/**
 * What the last log of the folder leaves to its successor. Reads its last segment, and earlier ones only for intents
 * that were still open when the last began. Changes nothing but a torn end, which is moved beside its segment.
 */
export async function readPreviousLog(dir: string): Promise<PreviousLog> {
  const torn: TornEnd[] = [];
  for (const log of (await listLogs(dir)).toReversed()) {
    const segments = await listSegments(dir, log);
    for (const [index, place] of [...segments.entries()].toReversed()) {
      const state = await readSegment(log, place);
      const end = await setTornEndAside(log, place, state);
      if (end !== undefined) torn.push(end);
      if (state.head === undefined) continue;
      const orphans = await collectOrphans(log, state, segments.slice(0, index));
      return { head: state.head, orphans, torn, damaged: state.header === undefined };
    }
  }
  return { head: undefined, orphans: [], torn, damaged: false };
}

interface SegmentState {
  readonly header: SegmentHeader | undefined;
  /** After the last whole line. */
  readonly head: LogHead | undefined;
  /** Length in bytes up to the last whole line, and in all. */
  readonly wholeBytes: number;
  readonly bytes: number;
  readonly open: Map<string, OpenIntent & { readonly line?: Buffer }>;
}

async function readSegment(log: LogId, place: SegmentPlace): Promise<SegmentState> {
  const open: SegmentState["open"] = new Map();
  const lines = readLines(place.path);
  let header: SegmentHeader | undefined;
  let last: { readonly line: Buffer; readonly count: number } | undefined;
  let bytes = 0;
  let wholeBytes = 0;
  for (let batch = await lines.next(); ; batch = await lines.next()) {
    if (batch.done) return { header, head: headAfter(log, last), wholeBytes, bytes: bytes + batch.value.length, open };
    for (const line of batch.value) {
      if (bytes === 0) {
        header = parseHeader(line.toString("utf8"));
        for (const intent of header?.open ?? []) open.set(intent.id, intent);
        if (header !== undefined) last = { line, count: header.count };
      } else {
        const start = recordStart(line);
        // Blocks that a power cut left unwritten read as zeros: such lines at the end belong to the torn end.
        if (start === undefined || line.at(-1) !== BRACE) {
          bytes += line.length + 1;
          continue;
        }
        if (start.kind === "intent") open.set(start.id, { id: start.id, seq: start.seq, segment: place.segment, line: Buffer.from(line) });
        if (start.kind === "outcome") open.delete(start.id);
        last = { line, count: start.seq + 1 };
      }
      bytes += line.length + 1;
      if (last?.line === line) wholeBytes = bytes;
    }
  }
}

function headAfter(log: LogId, last: { readonly line: Buffer; readonly count: number } | undefined): LogHead | undefined {
  return last && { log, count: last.count, hash: hash("sha256", last.line, "hex") };
}

async function setTornEndAside(log: LogId, place: SegmentPlace, state: SegmentState): Promise<TornEnd | undefined> {
  if (state.bytes === 0) {
    await rm(place.path);
    return undefined;
  }
  const bytes = state.bytes - state.wholeBytes;
  if (bytes === 0) return undefined;
  const file = `${place.path}${TORN}`;
  const rest = (await readFile(place.path)).subarray(state.wholeBytes);
  if (state.wholeBytes === 0) {
    await rename(place.path, file);
  } else {
    await writeSynced(file, rest);
    await truncate(place.path, state.wholeBytes);
  }
  await syncFolder(dirname(place.path));
  return { log, file: file.slice(dirname(place.path).length + 1), bytes, sha256: hash("sha256", rest, "hex") };
}

async function writeSynced(path: string, bytes: Buffer): Promise<void> {
  const handle = await open(path, "w", 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Finds the lines of intents that earlier segments hold. */
async function collectOrphans(log: LogId, state: SegmentState, earlier: readonly SegmentPlace[]): Promise<Orphan[]> {
  const orphans: Orphan[] = [];
  const wanted = new Map<number, OpenIntent[]>();
  for (const intent of state.open.values()) {
    if (intent.line !== undefined) orphans.push(orphan(log, intent, intent.line));
    else wanted.set(intent.segment, [...(wanted.get(intent.segment) ?? []), intent]);
  }
  for (const [segment, intents] of wanted) {
    const place = earlier.find((one) => one.segment === segment);
    orphans.push(...(await findIntents(log, place, intents)));
  }
  return orphans.sort((a, b) => a.seq - b.seq);
}

async function findIntents(log: LogId, place: SegmentPlace | undefined, intents: readonly OpenIntent[]): Promise<Orphan[]> {
  const lines = new Map<string, Buffer>();
  const ids = new Set(intents.map((intent) => intent.id));
  if (place !== undefined) {
    for await (const batch of readLines(place.path)) {
      for (const line of batch) {
        const start = recordStart(line);
        if (start?.kind === "intent" && ids.has(start.id)) lines.set(start.id, Buffer.from(line));
      }
    }
  }
  // An intent whose line is gone is closed all the same; its empty record tells the caller that nothing is known of it.
  return intents.map((intent) => orphan(log, intent, lines.get(intent.id)));
}

function orphan(log: LogId, intent: OpenIntent, line: Buffer | undefined): Orphan {
  const record = line === undefined ? undefined : parseObject(line.toString("utf8"));
  return { id: intent.id, log, seq: intent.seq, record: record ?? {} };
}

/** For messages: where a torn end was put. */
export function tornPath(dir: string, end: TornEnd): string {
  return join(dir, end.log, end.file);
}
