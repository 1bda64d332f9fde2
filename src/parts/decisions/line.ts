import type { LogId } from "../../core/ids.ts";
import type { Durability } from "./decision-log.ts";

/** What `prev` says on the first line of the first log of a folder: there is no line before it. */
export const NO_LINE = "0".repeat(64);

/** The text of a record's line, without the newline. `body` is the text of a JSON object. */
export function recordLine(seq: number, prev: string, durability: Durability, body: string): string {
  return `{"v":1,"seq":${seq},"prev":"${prev}","durability":"${durability}",${body.slice(1)}`;
}

/** An intent whose outcome had not been recorded when a segment began. */
export interface OpenIntent {
  readonly id: string;
  readonly seq: number;
  /** The segment that holds the intent. */
  readonly segment: number;
}

/** The first line of a segment. It is a link of the chain but not a record: it has no `seq` and is not counted. */
export interface SegmentHeader {
  readonly log: LogId;
  readonly segment: number;
  /** Records of this log before the segment. */
  readonly count: number;
  readonly prev: string;
  /** RFC 3339. */
  readonly time: string;
  /** So that a restart finds what was under way by reading the last segment alone. */
  readonly open: readonly OpenIntent[];
}

export function headerLine(header: SegmentHeader): string {
  const { log, segment, count, prev, time, open } = header;
  return JSON.stringify({ v: 1, kind: "segment", log, segment, count, prev, time, open });
}

export function parseHeader(line: string): SegmentHeader | undefined {
  const value = parseObject(line);
  if (value?.v !== 1 || value.kind !== "segment") return undefined;
  const { log, segment, count, prev, time, open } = value;
  const whole = typeof log === "string" && typeof prev === "string" && typeof time === "string";
  if (!whole || typeof segment !== "number" || typeof count !== "number" || !isOpenList(open)) return undefined;
  return { log: log as LogId, segment, count, prev, time, open };
}

/** What stands at the start of every record's line. Read without parsing the line, because logs are large. */
export interface RecordStart {
  readonly seq: number;
  readonly prev: string;
  readonly durability: Durability;
  readonly kind: string;
  readonly id: string;
}

const RECORD_START =
  /^\{"v":1,"seq":(\d{1,16}),"prev":"([0-9a-f]{64})","durability":"(always|grouped)","kind":"([^"\\]*)","id":"([^"\\]*)"[,}]/;
/** Longer than any start that the log writes itself. */
const START_BYTES = 512;

export function recordStart(line: Buffer): RecordStart | undefined {
  const match = RECORD_START.exec(line.toString("latin1", 0, START_BYTES));
  if (match === null) return undefined;
  const [, seq = "", prev = "", durability, kind = "", id = ""] = match;
  return { seq: Number(seq), prev, durability: durability === "always" ? "always" : "grouped", kind, id };
}

export function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isOpenList(value: unknown): value is OpenIntent[] {
  return Array.isArray(value) && value.every((entry) => isObject(entry) && typeof entry.id === "string" && typeof entry.seq === "number");
}
