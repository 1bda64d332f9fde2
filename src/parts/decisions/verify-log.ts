import { hash } from "node:crypto";
import type { LogId } from "../../core/ids.ts";
import type { LogHead } from "./decision-log.ts";
import { formatHead, parseHead } from "./head.ts";
import { listLogs, listSegments, type SegmentPlace, segmentName } from "./layout.ts";
import { isObject, NO_LINE, parseHeader, parseObject, type RecordStart, recordStart } from "./line.ts";
import { readLines } from "./line-reader.ts";
import { isLocked } from "./lock.ts";
import { diagnose, isWholeHeader, type LogFault } from "./log-fault.ts";
import { Pairing, type Pairs } from "./pairing.ts";
import type { LogRecord } from "./tail-log.ts";

export interface Verification {
  /** Whether every line that is there follows the one before, from the first line of the first log on. */
  readonly ok: boolean;
  readonly logs: number;
  readonly segments: number;
  readonly records: number;
  /** The first thing that is wrong. Nothing behind it was looked at. */
  readonly fault?: LogFault;
  /** The head that was reached: keep it elsewhere, and the next verification finds a cut end. */
  readonly head?: LogHead;
  /** `false`: no head was given, so records missing at the very end cannot be seen. */
  readonly endProven: boolean;
  /** A process is writing: its last line may be under way, and intents may be open. */
  readonly live: boolean;
  readonly pairs: Pairs;
}

export interface VerifyOptions {
  /** A head that was remembered elsewhere. */
  readonly head?: LogHead;
  /**
   * Gets each record that was found good, in order, with the text of its line; a promise is waited for. A record is good
   * once the line after it says so: the last one before a fault never comes, nor does anything behind it.
   */
  readonly each?: (record: LogRecord, line: string) => void | Promise<void>;
}

/** Verifies every log of a folder, oldest first, stopping at the first fault. Reads files as streams; memory does not grow with the log. */
export async function verifyLog(dir: string, options: VerifyOptions = {}): Promise<Verification> {
  const live = await isLocked(dir);
  const walk = new Walk(dir, options);
  const fault = await walk.run(live);
  return {
    ok: fault === undefined,
    logs: walk.logs,
    segments: walk.segments,
    records: walk.records,
    ...(fault !== undefined && { fault }),
    ...(walk.head !== undefined && { head: walk.head }),
    endProven: fault === undefined && options.head !== undefined,
    live,
    pairs: walk.pairing.pairs(),
  };
}

/** Where the walk stands in one log. */
interface Cursor {
  readonly log: LogId;
  readonly place: SegmentPlace;
  readonly file: string;
  /** As in `Chain`: the lines that were found good. */
  line: number;
  prev: string;
  count: number;
}

class Walk {
  readonly #dir: string;
  readonly #wanted: LogHead | undefined;
  readonly pairing = new Pairing();
  logs = 0;
  segments = 0;
  records = 0;
  head: LogHead | undefined;
  #wantedSeen = false;
  /** What the first line of the current log follows. */
  #firstPrev = NO_LINE;
  readonly #each: VerifyOptions["each"];
  /** A record that nothing was found wrong with, and that the next line has to confirm. */
  #unconfirmed: { readonly record: LogRecord; readonly line: string } | undefined;
  /** The last line that was looked at, and the last line of the log before. */
  #last = { file: "", line: 0 };
  #before = { file: "", line: 0 };

  constructor(dir: string, { head, each }: VerifyOptions) {
    this.#dir = dir;
    this.#wanted = head;
    this.#each = each;
  }

  async run(live: boolean): Promise<LogFault | undefined> {
    const logs = await listLogs(this.#dir);
    for (const [index, log] of logs.entries()) {
      const fault = await this.#log(log, live && index === logs.length - 1);
      if (fault !== undefined) return fault;
      this.logs += 1;
    }
    const fault = this.#checkWanted(this.#wanted?.log);
    if (fault === undefined) await this.#confirm();
    return fault;
  }

  /** Hands on the record that is found good by now. */
  async #confirm(next?: { readonly record: LogRecord; readonly line: string }): Promise<void> {
    const good = this.#unconfirmed;
    this.#unconfirmed = next;
    if (good !== undefined) await this.#each?.(good.record, good.line);
  }

  async #log(log: LogId, live: boolean): Promise<LogFault | undefined> {
    const places = await listSegments(this.#dir, log);
    const previous = this.head;
    this.#before = this.#last;
    for (const index of places.length === 0 ? [0] : places.keys()) {
      const place = places[index];
      if (place?.segment !== index + 1) {
        const found = place === undefined ? "nothing" : segmentName(place.segment);
        return { code: "missing_segment", file: `${log}/${segmentName(index + 1)}`, line: 1, found, wanted: `segment ${index + 1}` };
      }
      const fault = await this.#segment(log, place, live && index === places.length - 1, previous);
      if (fault !== undefined) return fault;
      this.segments += 1;
    }
    return this.#checkWanted(undefined, log);
  }

  async #segment(log: LogId, place: SegmentPlace, live: boolean, previous: LogHead | undefined): Promise<LogFault | undefined> {
    const file = `${log}/${segmentName(place.segment)}`;
    const count = place.segment === 1 ? 0 : (this.head?.count ?? 0);
    const cursor: Cursor = { log, place, file, line: 0, prev: this.head?.hash ?? NO_LINE, count };
    const lines = readLines(place.path);
    for (let batch = await lines.next(); ; batch = await lines.next()) {
      if (batch.done) return this.#segmentEnd(cursor, batch.value, live);
      for (const bytes of batch.value) {
        const judged = cursor.line === 0 ? await this.#header(cursor, bytes) : await this.#record(cursor, bytes, previous);
        const fault = judged ?? this.#advance(cursor, bytes);
        if (fault === undefined) continue;
        await lines.return(Buffer.alloc(0));
        return fault;
      }
    }
  }

  #advance(cursor: Cursor, bytes: Buffer): LogFault | undefined {
    const isRecord = cursor.line > 0;
    cursor.line += 1;
    cursor.prev = hash("sha256", bytes, "hex");
    this.#last = { file: cursor.file, line: cursor.line };
    if (isRecord) {
      cursor.count += 1;
      this.records += 1;
    }
    this.head = { log: cursor.log, count: cursor.count, hash: cursor.prev };
    const wanted = this.#wanted;
    if (!isRecord || wanted?.log !== cursor.log || wanted.count !== cursor.count) return undefined;
    this.#wantedSeen = true;
    if (wanted.hash === cursor.prev) return undefined;
    return { code: "rewritten", file: cursor.file, line: cursor.line, found: cursor.prev, wanted: wanted.hash };
  }

  #segmentEnd(cursor: Cursor, rest: Buffer, live: boolean): LogFault | undefined {
    if (live || (rest.length === 0 && cursor.line > 1)) return undefined;
    const found = rest.length > 0 ? `${rest.length} bytes without a newline` : "no record";
    return { code: "torn_end", file: cursor.file, line: cursor.line + 1, found, wanted: "a whole line" };
  }

  async #header(cursor: Cursor, bytes: Buffer): Promise<LogFault | undefined> {
    const at = { file: cursor.file, line: 1 };
    const header = parseHeader(bytes.toString("utf8"));
    const { log, place, count, prev } = cursor;
    if (header === undefined) return { code: "changed", ...at, found: shorten(bytes), wanted: "the header of a segment" };
    if (header.log !== log || header.segment !== place.segment) {
      return { code: "changed", ...at, found: `${header.log} segment ${header.segment}`, wanted: `${log} segment ${place.segment}` };
    }
    if (place.segment === 1) {
      // The start record names the log before this one, and says more than a hash can.
      this.#firstPrev = header.prev;
      return header.count === 0 ? undefined : { code: "changed", ...at, found: `${header.count} records before it`, wanted: "none" };
    }
    if (header.prev === prev && header.count === count) return undefined;
    const found = `${count} records, the last line ${prev}`;
    const wanted = `${header.count} records, the last line ${header.prev}`;
    if (!(await isWholeHeader(place.path, bytes))) return { code: "changed", ...at, found: wanted, wanted: found };
    return { code: header.count === count ? "changed" : "truncated", ...this.#last, found, wanted };
  }

  async #record(cursor: Cursor, bytes: Buffer, previous: LogHead | undefined): Promise<LogFault | undefined> {
    const start = recordStart(bytes);
    const line = bytes.toString("utf8");
    const body = parseObject(line);
    if (start === undefined || !agrees(body, start) || start.seq !== cursor.count || start.prev !== cursor.prev) {
      return diagnose(cursor.place.path, cursor.file, cursor, bytes);
    }
    const isFirst = start.seq === 0 && cursor.place.segment === 1;
    const fault = isFirst ? this.#start(cursor, body, previous) : undefined;
    if (fault !== undefined) return fault;
    if (!isFirst) this.pairing.note(start, body);
    if (this.#each !== undefined) await this.#confirm({ record: body, line });
    return undefined;
  }

  /** The first record of a log names the head of the log before it. */
  #start(cursor: Cursor, body: Readonly<Record<string, unknown>>, previous: LogHead | undefined): LogFault | undefined {
    const at = { file: cursor.file, line: cursor.line + 1 };
    if (body.kind !== "start") return { code: "changed", ...at, found: `a record of kind ${body.kind}`, wanted: "the start of the log" };
    const named = parseNamed(body.previous);
    const wanted = named === undefined ? "no log" : formatHead(named);
    const found = previous === undefined ? "no log" : formatHead(previous);
    if (named?.log !== previous?.log) return { code: "missing_log", ...at, found: `${found} before it`, wanted };
    if (named?.count !== previous?.count) return { code: "truncated", ...this.#before, found, wanted };
    if (named?.hash !== previous?.hash) return { code: "changed", ...this.#before, found, wanted };
    if (this.#firstPrev === (previous?.hash ?? NO_LINE)) return undefined;
    return { code: "changed", file: cursor.file, line: 1, found: this.#firstPrev, wanted: previous?.hash ?? NO_LINE };
  }

  /** With a log: at its end. Without: at the end of all, when no log of the head's name was seen. */
  #checkWanted(unseen: LogId | undefined, ended?: LogId): LogFault | undefined {
    const wanted = this.#wanted;
    if (wanted === undefined || this.#wantedSeen || (unseen === undefined && ended !== wanted.log)) return undefined;
    const found = this.head === undefined ? "no log" : formatHead(this.head);
    const code = ended === undefined ? "missing_log" : "truncated";
    return { code, file: `${wanted.log}/`, line: 0, found, wanted: formatHead(wanted) };
  }
}

/** What the start of the line says must be what a JSON parser reads, or two readers see two records. */
function agrees(body: Record<string, unknown> | undefined, start: RecordStart): body is Record<string, unknown> {
  return body?.v === 1 && body.seq === start.seq && body.prev === start.prev && body.kind === start.kind && body.id === start.id;
}

function parseNamed(value: unknown): LogHead | undefined {
  if (!isObject(value)) return undefined;
  const head = parseHead(`${value.log}:${value.count}:${value.hash}`);
  return head.ok ? head.value : undefined;
}

function shorten(bytes: Buffer): string {
  return bytes.toString("utf8", 0, 120);
}
