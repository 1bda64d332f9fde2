import { ok } from "../../core/result.ts";
import type { Waiter } from "./group.ts";

/** A record that was answered as `grouped` is synced within 50 ms; the sync itself takes some of them. */
const GROUPED_SYNC_MS = 40;

export interface SyncLaneOptions {
  readonly sync: () => Promise<void>;
  readonly onFailed: (error: Error) => void;
  readonly onDone: () => void;
  readonly tick: () => number;
}

/** One fdatasync at a time. It answers every `always` record that was written before it began. */
export class SyncLane {
  readonly #options: SyncLaneOptions;
  #waiting: Waiter[] = [];
  #covered: Waiter[] = [];
  #runningSince: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #written: number;
  /** Records known to be on the disk for good. */
  synced: number;

  constructor(options: SyncLaneOptions, synced: number) {
    this.#options = options;
    this.synced = synced;
    this.#written = synced;
  }

  get empty(): boolean {
    return this.#waiting.length === 0 && this.#covered.length === 0;
  }

  /** Whether the disk answers: no sync has been under way for longer than a tick. A hung disk shows here first. */
  get prompt(): boolean {
    return this.#runningSince === undefined || this.#runningSince === this.#options.tick();
  }

  /** `count` records are written; `always` are those of them that wait for the sync. */
  wrote(always: readonly Waiter[], count: number): void {
    this.#written = count;
    this.#waiting.push(...always);
    if (always.length > 0) this.#start();
    else this.#later();
  }

  /** The watchdog's tick of what has waited longest. */
  oldest(): number | undefined {
    return this.#covered[0]?.born ?? this.#waiting[0]?.born ?? this.#runningSince;
  }

  /** Hands back those without an answer. A sync that is under way may still answer those it covers, unless `all` are wanted. */
  giveUp(all: boolean): Waiter[] {
    const given = all ? [...this.#covered, ...this.#waiting] : this.#waiting;
    this.#waiting = [];
    if (all) this.#covered = [];
    this.stop();
    return given;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #later(): void {
    if (this.#timer !== undefined || this.#runningSince !== undefined) return;
    this.#timer = setTimeout(() => this.#start(), GROUPED_SYNC_MS).unref();
  }

  #start(): void {
    if (this.#runningSince !== undefined) return;
    this.stop();
    this.#runningSince = this.#options.tick();
    this.#covered = this.#waiting;
    this.#waiting = [];
    const covers = this.#written;
    this.#options.sync().then(
      () => this.#done(covers),
      (error: Error) => {
        this.#runningSince = undefined;
        this.#options.onFailed(error);
      },
    );
  }

  #done(covers: number): void {
    this.#runningSince = undefined;
    this.synced = Math.max(this.synced, covers);
    const covered = this.#covered;
    this.#covered = [];
    for (const waiter of covered) waiter.resolve(ok({ seq: waiter.seq }));
    if (this.#waiting.length > 0) this.#start();
    else if (this.#written > this.synced) this.#later();
    this.#options.onDone();
  }
}
