import type { DecisionId } from "../../core/ids.ts";
import { listLogs, listSegments, mintedAt, type SegmentPlace } from "./layout.ts";
import { parseHeader, parseObject } from "./line.ts";
import { readLines } from "./line-reader.ts";

/** How far a clock may have gone back between a decision and the segments around it. */
const CLOCK_SLACK_MS = 5 * 60_000;
/** What belongs to a decision is written within a day of it: no question waits longer for its answer. */
const LONGEST_LIFE_MS = 25 * 60 * 60_000;

/**
 * The lines of a decision's records, byte for byte: those under its id, and questions and answers of it. The time in the
 * id says where to begin, so that a large log is not read as a whole; an intent without outcome is followed to the end.
 */
export async function decisionLines(dir: string, id: DecisionId): Promise<readonly string[]> {
  const at = mintedAt(id);
  const segments = await segmentsOf(dir);
  const found: Found = { lines: [], open: false };
  for (const { path } of segments.slice(await firstOf(segments, at - CLOCK_SLACK_MS))) {
    if (!found.open && (await begunAt(path)) > at + LONGEST_LIFE_MS) break;
    await readInto(found, path, id);
  }
  return found.lines;
}

interface Found {
  readonly lines: string[];
  /** Whether its intent was seen, and no outcome. */
  open: boolean;
}

async function readInto(found: Found, path: string, id: DecisionId): Promise<void> {
  for await (const chunk of readLines(path)) {
    for (const bytes of chunk) {
      if (!bytes.includes(id)) continue;
      const line = bytes.toString("utf8");
      const record = parseObject(line);
      if (record === undefined || record.kind === "segment" || (record.id !== id && record.of !== id)) continue;
      found.lines.push(line);
      if (record.id === id) found.open = record.kind === "intent" || (found.open && record.kind !== "outcome");
    }
  }
}

/** In the order in which they were written. */
async function segmentsOf(dir: string): Promise<readonly SegmentPlace[]> {
  const segments: SegmentPlace[] = [];
  for (const log of await listLogs(dir)) segments.push(...(await listSegments(dir, log)));
  return segments;
}

/** The one before the first that was begun later, by halving: a log may have thousands. Whatever stands before it is older. */
async function firstOf(segments: readonly SegmentPlace[], earliest: number): Promise<number> {
  let [low, high] = [0, segments.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    const place = segments[middle];
    if (place === undefined || (await begunAt(place.path)) > earliest) high = middle;
    else low = middle + 1;
  }
  return Math.max(0, low - 1);
}

/** In Unix milliseconds. Of a segment that does not say, the earliest. */
async function begunAt(path: string): Promise<number> {
  for await (const [first] of readLines(path)) {
    const header = first && parseHeader(first.toString("utf8"));
    return header === undefined ? 0 : Date.parse(header.time);
  }
  return 0;
}
