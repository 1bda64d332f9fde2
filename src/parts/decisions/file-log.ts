import type { LogId } from "../../core/ids.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import type { DecisionLog, Durability, LogHead, LogUnavailable, RecordPosition } from "./decision-log.ts";
import { Group, type Waiter } from "./group.ts";
import { headerLine, recordLine } from "./line.ts";
import { OpenIntents } from "./open-intents.ts";
import { type Gap, gapBody } from "./own-records.ts";
import type { SegmentWriter } from "./segment-writer.ts";
import { SyncLane } from "./sync-lane.ts";

const PROBE_MS = 250;
/** What the watchdog sees this many times waits too long. Ticks, not times: a process that was busy itself is not a hung disk. */
const STALL_TICKS = 4;
/** More than this waits for the disk: refuse, rather than fill the memory. */
const MAX_PENDING_BYTES = 64 * 1024 * 1024;

type Answer = Result<RecordPosition, LogUnavailable>;
type Resolve = (answer: Answer) => void;

export interface FileLogOptions {
  readonly log: LogId;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly segmentBytes: number;
  readonly stallMs: number;
  readonly segments: SegmentWriter;
  /** What is on the disk already: the head after the log's first records. */
  readonly written: { readonly count: number; readonly hash: string };
  readonly onClose: () => Promise<void>;
}

/**
 * Lines gather while a write is under way and go out together, one write at a time. The chain is ahead of the disk only
 * by what is under way: on a failure it returns to the last completed write, and everything behind it is refused.
 */
export class FileLog implements DecisionLog {
  readonly #options: FileLogOptions;
  readonly #segments: SegmentWriter;
  readonly #lane: SyncLane;
  readonly #open = new OpenIntents();
  readonly #watchdog: NodeJS.Timeout;
  #state: "up" | "down" | "probing" | "closing" | "closed" = "up";
  #tick = 0;
  /** Changes with every failure: what comes back from the disk for an earlier one was refused meanwhile. */
  #epoch = 0;
  #written: { readonly count: number; readonly hash: string };
  /** The end of the chain with what is under way, and where it will stand. */
  #tip: { readonly count: number; readonly hash: string };
  #tipSegment: number;
  #tipBytes: number;
  #gathering: Group | undefined;
  /** Full groups: those before a new segment. */
  #queue: Group[] = [];
  #flying: Group | undefined;
  /** Whether the disk has not come back from a call, even if nobody waits for it any more. */
  #busy = false;
  #scheduled = false;
  #spare: Buffer | undefined;
  #pendingBytes = 0;
  #nextProbe = 0;
  #gap: Gap | undefined;
  #closing: Promise<void> | undefined;
  #drained: (() => void) | undefined;

  constructor(options: FileLogOptions) {
    this.#options = options;
    this.#segments = options.segments;
    this.#written = options.written;
    this.#tip = options.written;
    this.#tipSegment = options.segments.segment;
    this.#tipBytes = options.segments.bytes;
    this.#lane = new SyncLane(
      {
        sync: () => this.#segments.sync(),
        onFailed: (error) => this.#fail(error, true),
        onDone: () => this.#checkDrained(),
        tick: () => this.#tick,
      },
      options.written.count,
    );
    this.#watchdog = setInterval(() => this.#watch(), options.stallMs / STALL_TICKS).unref();
  }

  append(body: string, durability: Durability): Promise<Answer> {
    if (this.#state !== "up") return this.#appendWhileDown(body, durability);
    return new Promise((resolve) => this.#gather(body, durability, resolve));
  }

  healthy(): boolean {
    return this.#state === "up";
  }

  head(): LogHead {
    return { log: this.#options.log, count: this.#written.count, hash: this.#written.hash };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  #gather(body: string, durability: Durability, resolve: Resolve): void {
    assertBody(body);
    if (this.#pendingBytes > MAX_PENDING_BYTES) {
      resolve(unavailable("too much waits for the disk already"));
      return;
    }
    if (this.#tipBytes >= this.#options.segmentBytes) this.#rotate();
    if (this.#gathering === undefined) this.#gathering = this.#newGroup(undefined);
    this.#add(this.#gathering, body, durability, resolve);
    this.#kick();
  }

  #add(group: Group, body: string, durability: Durability, resolve: Resolve | undefined): void {
    const seq = group.count;
    this.#count(group.add(recordLine(seq, group.hash, durability, body)));
    group.count = seq + 1;
    const change = this.#open.note(body, seq, this.#tipSegment);
    if (resolve !== undefined) group.waiters.push({ seq, always: durability === "always", change, born: this.#tick, resolve });
  }

  #newGroup(opens: number | undefined): Group {
    const group = new Group(this.#tip.count, this.#tip.hash, this.#tick, opens, this.#spare);
    this.#spare = undefined;
    this.#tip = group;
    if (opens === undefined) return group;
    this.#tipSegment = opens;
    this.#tipBytes = 0;
    const { count, hash: prev } = group;
    const header = { log: this.#options.log, segment: opens, count, prev, time: this.#time(), open: this.#open.list() };
    this.#count(group.add(headerLine(header)));
    return group;
  }

  #rotate(): void {
    if (this.#gathering !== undefined) this.#queue.push(this.#gathering);
    this.#gathering = this.#newGroup(this.#tipSegment + 1);
  }

  #count(bytes: number): void {
    this.#tipBytes += bytes;
    this.#pendingBytes += bytes;
  }

  /** Not at once: everything that this turn of the event loop brings goes out in one write. */
  #kick(): void {
    if (this.#scheduled || this.#busy) return;
    this.#scheduled = true;
    setImmediate(this.#flush);
  }

  readonly #flush = (): void => {
    this.#scheduled = false;
    if (this.#busy || (this.#state !== "up" && this.#state !== "closing")) return;
    const group = this.#queue.shift() ?? this.#gathering;
    if (group === undefined) return;
    if (group === this.#gathering) this.#gathering = undefined;
    this.#busy = true;
    this.#flying = group;
    const epoch = this.#epoch;
    if (group.opens === undefined) {
      this.#write(group, epoch);
      return;
    }
    this.#segments.advance().then(
      () => (epoch === this.#epoch ? this.#write(group, epoch) : this.#wrote(group, epoch, null)),
      (error: Error) => this.#wrote(group, epoch, error),
    );
  };

  /**
   * While the disk answers, a group is written at once: a write into the page cache takes less than waking a thread for
   * it. As soon as a sync is late, writes go through a thread, so that a hung disk refuses calls and never stops the process.
   */
  #write(group: Group, epoch: number): void {
    const written = this.#lane.prompt ? this.#segments.writeNow(group) : undefined;
    if (written !== undefined) this.#wrote(group, epoch, written);
    else this.#segments.write(group, (error) => this.#wrote(group, epoch, error));
  }

  #wrote(group: Group, epoch: number, error: Error | null): void {
    this.#busy = false;
    if (epoch !== this.#epoch) return;
    if (error === null) this.#answer(group);
    else this.#fail(error, false);
  }

  #answer(group: Group): void {
    this.#keep(group);
    const always: Waiter[] = [];
    for (const waiter of group.waiters) {
      if (waiter.always) always.push(waiter);
      else waiter.resolve(ok({ seq: waiter.seq }));
    }
    this.#lane.wrote(always, group.count);
    if (this.#queue.length > 0 || this.#gathering !== undefined) this.#kick();
    else this.#checkDrained();
  }

  #keep(group: Group): void {
    this.#flying = undefined;
    this.#segments.bytes += group.length;
    this.#pendingBytes -= group.length;
    this.#written = { count: group.count, hash: group.hash };
    if (this.#tip === group) this.#tip = this.#written;
    this.#spare = group.reusable();
  }

  /** Refuses what is not written, and of what is written but not synced either what no running sync covers, or `all`. */
  #fail(error: Error, all: boolean): void {
    const groups = [this.#flying, ...this.#queue, this.#gathering].filter((group) => group !== undefined);
    const refused = groups.flatMap((group) => group.waiters);
    const kept = this.#lane.giveUp(all);
    for (const { change } of refused.toReversed()) if (change !== undefined) this.#open.undo(change);
    // Its line stays, because records after it may have been answered; the gap record names it as refused.
    for (const { change } of kept) if (change !== undefined) this.#open.close(change.id);
    this.#returnToDisk();
    this.#noteGap(error, refused.length + kept.length, kept);
    this.#state = this.#closing === undefined ? "down" : "closed";
    this.#nextProbe = this.#options.clock.now() + PROBE_MS;
    const answer = unavailable(error.message);
    for (const waiter of [...kept, ...refused]) waiter.resolve(answer);
    this.#checkDrained();
  }

  #returnToDisk(): void {
    this.#epoch += 1;
    this.#flying = undefined;
    this.#queue = [];
    this.#gathering = undefined;
    this.#pendingBytes = 0;
    this.#tip = this.#written;
    this.#tipSegment = this.#segments.segment;
    this.#tipBytes = this.#segments.bytes;
  }

  #noteGap(error: Error, refused: number, kept: readonly Waiter[]): void {
    if (this.#gap === undefined) {
      this.#options.logger.error({ log: this.#options.log, error: error.message }, "the decision log takes nothing");
      this.#gap = { since: this.#time(), error: error.message, refused: 0, kept: [], synced: this.#lane.synced };
    }
    const named = kept.map(({ seq, change }) => ({ seq, ...(change !== undefined && { id: change.id }) }));
    this.#gap = { ...this.#gap, refused: this.#gap.refused + refused, kept: [...this.#gap.kept, ...named] };
  }

  #appendWhileDown(body: string, durability: Durability): Promise<Answer> {
    if (this.#state === "closing" || this.#state === "closed") return Promise.resolve(unavailable("the log is closed"));
    if (this.#mayProbe()) return new Promise((resolve) => this.#probe({ body, durability, resolve }));
    const gap = this.#gap;
    if (gap !== undefined) this.#gap = { ...gap, refused: gap.refused + 1 };
    return Promise.resolve(unavailable(gap?.error ?? "the log takes nothing"));
  }

  #mayProbe(): boolean {
    return this.#state === "down" && !this.#busy && !this.#segments.syncing && this.#options.clock.now() >= this.#nextProbe;
  }

  /** Tries again with a fresh segment, a record of the gap, and the append that came first. */
  #probe(first?: { readonly body: string; readonly durability: Durability; readonly resolve: Resolve }): void {
    if (first !== undefined) assertBody(first.body);
    this.#state = "probing";
    this.#nextProbe = this.#options.clock.now() + PROBE_MS;
    const { segment, bytes } = this.#segments;
    const group = this.#newGroup(bytes === 0 ? segment : segment + 1);
    if (this.#gap !== undefined) this.#add(group, gapBody(this.#options.log, this.#time(), this.#gap), "always", undefined);
    if (first !== undefined) this.#add(group, first.body, first.durability, first.resolve);
    this.#flying = group;
    this.#busy = true;
    void this.#recover(group, this.#epoch);
  }

  async #recover(group: Group, epoch: number): Promise<void> {
    try {
      await this.#segments.mend();
      await new Promise<void>((resolve, reject) => this.#segments.write(group, (error) => (error === null ? resolve() : reject(error))));
      await this.#segments.sync();
    } catch (error) {
      this.#busy = false;
      if (epoch === this.#epoch) this.#fail(error instanceof Error ? error : new Error(String(error)), true);
      return;
    }
    this.#busy = false;
    if (epoch !== this.#epoch) return;
    this.#keep(group);
    this.#lane.synced = group.count;
    this.#options.logger.warn({ log: this.#options.log, refused: this.#gap?.refused }, "the decision log takes records again");
    this.#gap = undefined;
    this.#state = this.#closing === undefined ? "up" : "closing";
    for (const waiter of group.waiters) waiter.resolve(ok({ seq: waiter.seq }));
    this.#checkDrained();
  }

  #watch(): void {
    this.#tick += 1;
    if (this.#state === "down") {
      if (this.#mayProbe()) this.#probe();
      return;
    }
    const unwritten = this.#flying?.born ?? this.#queue[0]?.born ?? this.#gathering?.born;
    const late = (born: number | undefined) => born !== undefined && this.#tick - born >= STALL_TICKS;
    if (late(unwritten) || late(this.#lane.oldest())) {
      this.#fail(new Error(`the disk did not answer within ${this.#options.stallMs} ms`), true);
    }
  }

  async #close(): Promise<void> {
    if (this.#state === "up") this.#state = "closing";
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
      this.#kick();
      this.#checkDrained();
    });
    this.#state = "closed";
    clearInterval(this.#watchdog);
    this.#lane.stop();
    await this.#finish();
    // A write that still hangs may land later: nobody else may use the folder before this process is gone.
    if (!this.#busy) await this.#options.onClose();
  }

  #checkDrained(): void {
    const waits = this.#flying !== undefined || this.#gathering !== undefined || this.#queue.length > 0 || !this.#lane.empty;
    if (!waits) this.#drained?.();
  }

  /** A hung disk must not hold up the end of the process. */
  async #finish(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error("the disk does not answer")), this.#options.stallMs);
    });
    try {
      if (!this.#busy) await Promise.race([this.#segments.finish(), late]);
    } catch (error) {
      this.#options.logger.error({ log: this.#options.log, error: String(error) }, "the decision log was not closed cleanly");
    } finally {
      clearTimeout(timer);
    }
  }

  #time(): string {
    return new Date(this.#options.clock.now()).toISOString();
  }
}

const BODY_START = /^\{"kind":"[^"\\]*","id":"[^"\\]*"[,}]/;

/** A newline inside a record would let what a caller sent stand in the log as lines of its own. */
export function assertBody(body: string): void {
  if (!BODY_START.test(body) || body.includes("\n")) throw new TypeError("a record is one line that starts with its kind and id");
}

function unavailable(detail: string): { readonly ok: false; readonly error: LogUnavailable } {
  return err({ code: "gateway.log_unavailable", detail });
}
