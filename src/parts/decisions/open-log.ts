import { chmod, mkdir, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { IdSource, LogId } from "../../core/ids.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import type { DecisionLog } from "./decision-log.ts";
import { type Disk, nodeDisk, type SegmentFile, syncFolder } from "./disk.ts";
import { FileLog } from "./file-log.ts";
import { Group } from "./group.ts";
import { mintedAt, segmentName, UNBORN } from "./layout.ts";
import { headerLine, NO_LINE, recordLine } from "./line.ts";
import { acquireLock, type Lock } from "./lock.ts";
import { abortedBody, type Orphan, startBody, type TornEnd } from "./own-records.ts";
import { type PreviousLog, readPreviousLog, tornPath } from "./previous-log.ts";
import { SegmentWriter } from "./segment-writer.ts";

export interface OpenLogOptions {
  /** The folder of this process's logs. Made with mode 0700 when it is missing. */
  readonly dir: string;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly logger: Logger;
  /** A segment that has reached this size is left for the next. */
  readonly segmentBytes: number;
  /** Longest wait for the disk. */
  readonly stallMs: number;
  /** Names this process among replicas. */
  readonly instance: string;
  readonly disk?: Disk;
}

export interface OpenedLog {
  readonly log: DecisionLog;
  /** Intents of the log before that had no outcome. Each is closed in the new log; what it had reserved is for the caller to settle. */
  readonly orphans: readonly Orphan[];
  readonly torn: readonly TornEnd[];
}

export interface LogNotOpened {
  /** `log.locked`: a living process holds the folder. `log.unusable`: the folder cannot be read or written. */
  readonly code: "log.locked" | "log.unusable";
  readonly detail: string;
}

/** Begins a new log behind the last one of the folder. Returns when its first records are synced. */
export async function openLog(options: OpenLogOptions): Promise<Result<OpenedLog, LogNotOpened>> {
  let lock: Lock | undefined;
  try {
    await mkdir(options.dir, { recursive: true, mode: 0o700 });
    await chmod(options.dir, 0o700);
    const locked = await acquireLock(options.dir);
    if (!locked.ok) return locked;
    lock = locked.value;
    return ok(await beginLog(options, lock));
  } catch (error) {
    await lock?.release().catch(() => {});
    if (!isSystemError(error)) throw error;
    return err({ code: "log.unusable", detail: error.message });
  }
}

async function beginLog(options: OpenLogOptions, lock: Lock): Promise<OpenedLog> {
  const { dir, clock, logger } = options;
  await removeUnborn(dir);
  const previous = await readPreviousLog(dir);
  report(options, previous);
  const log = mintAfter(options.ids, clock.now(), previous.head?.log);
  const first = firstLines(log, options, previous);
  const file = await createFirstSegment(dir, log, options.disk ?? nodeDisk, first);
  const segments = new SegmentWriter(options.disk ?? nodeDisk, join(dir, log), file, 1, first.length);
  const fileLog = new FileLog({
    log,
    clock,
    logger,
    segmentBytes: options.segmentBytes,
    stallMs: options.stallMs,
    segments,
    written: { count: first.count, hash: first.hash },
    onClose: () => lock.release(),
  });
  return { log: fileLog, orphans: previous.orphans, torn: previous.torn };
}

/** Ids give the order of the logs, so a clock that went back must not make the new log an older one. */
function mintAfter(ids: IdSource, now: number, last: LogId | undefined): LogId {
  return ids.log(last === undefined ? now : Math.max(now, mintedAt(last) + 1));
}

function firstLines(log: LogId, options: OpenLogOptions, previous: PreviousLog): Group {
  const time = new Date(options.clock.now()).toISOString();
  const group = new Group(0, previous.head?.hash ?? NO_LINE, 0, 1, undefined);
  group.add(headerLine({ log, segment: 1, count: 0, prev: group.hash, time, open: [] }));
  const start = startBody({ log, time, instance: options.instance, previous: previous.head, torn: previous.torn });
  for (const body of [start, ...previous.orphans.map((orphan) => abortedBody(orphan, time))]) {
    group.add(recordLine(group.count, group.hash, "always", body));
    group.count += 1;
  }
  return group;
}

/** Under another name until it is synced: a log is there with its start record, or not at all. */
async function createFirstSegment(dir: string, log: LogId, disk: Disk, first: Group): Promise<SegmentFile> {
  const unborn = join(dir, `${log}${UNBORN}`);
  await mkdir(unborn, { mode: 0o700 });
  const file = await disk.create(join(unborn, segmentName(1)));
  const writer = new SegmentWriter(disk, unborn, file, 1, 0);
  try {
    await new Promise<void>((resolve, reject) => writer.write(first, (error) => (error === null ? resolve() : reject(error))));
    await file.sync();
    await rename(unborn, join(dir, log));
    await syncFolder(dir);
    return file;
  } catch (error) {
    await file.close().catch(() => {});
    throw error;
  }
}

async function removeUnborn(dir: string): Promise<void> {
  for (const name of await readdir(dir)) {
    if (name.endsWith(UNBORN)) await rm(join(dir, name), { recursive: true });
  }
}

function report(options: OpenLogOptions, previous: PreviousLog): void {
  const { logger, dir } = options;
  for (const end of previous.torn) {
    logger.warn({ file: tornPath(dir, end), bytes: end.bytes }, "the log before ended in a torn line, which was set aside");
  }
  if (previous.orphans.length > 0) logger.warn({ count: previous.orphans.length }, "intents without an outcome are closed as aborted");
  if (previous.damaged) logger.error({ log: previous.head?.log }, "the log before is damaged: run toolgate log verify");
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "code" in error && typeof error.code === "string" && "syscall" in error;
}
