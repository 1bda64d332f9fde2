import { join } from "node:path";
import type { Disk, SegmentFile } from "./disk.ts";
import type { Group } from "./group.ts";
import { segmentName } from "./layout.ts";

/** The segment that is being written. What stands in the file behind `bytes` was refused, and is cut off before anything else is written. */
export class SegmentWriter {
  readonly #disk: Disk;
  readonly #folder: string;
  #file: SegmentFile | undefined;
  #syncing: Promise<void> | undefined;
  #moving: Promise<void> | undefined;
  segment: number;
  /** Whole lines that stay. */
  bytes: number;

  constructor(disk: Disk, folder: string, file: SegmentFile, segment: number, bytes: number) {
    this.#disk = disk;
    this.#folder = folder;
    this.#file = file;
    this.segment = segment;
    this.bytes = bytes;
  }

  get syncing(): boolean {
    return this.#syncing !== undefined;
  }

  /** Writes all of a group. The caller counts its bytes: it may have given the group up meanwhile. */
  write(group: Group, done: (error: Error | null) => void): void {
    this.#writeFrom(group, 0, done);
  }

  /** Writes all of a group before it returns; `undefined` if this file has no such way. */
  writeNow(group: Group): Error | null | undefined {
    const file = this.#file;
    if (file?.writeNow === undefined) return undefined;
    try {
      for (let offset = 0; offset < group.length; ) {
        const written = file.writeNow(group.bytes, offset, group.length - offset);
        if (written === 0) return new Error("the disk took no bytes");
        offset += written;
      }
      return null;
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  sync(): Promise<void> {
    // Leaving a segment syncs it, which covers all that was written so far.
    if (this.#moving !== undefined) return this.#moving;
    const file = this.#file;
    if (file === undefined) return Promise.reject(new Error("no segment is open"));
    const running = file.sync().finally(() => {
      if (this.#syncing === running) this.#syncing = undefined;
    });
    this.#syncing = running;
    return running;
  }

  /** Leaves a full segment, synced, and makes the next. */
  advance(): Promise<void> {
    const moving = this.#advance().finally(() => {
      this.#moving = undefined;
    });
    this.#moving = moving;
    return moving;
  }

  async #advance(): Promise<void> {
    await this.#leave();
    const path = join(this.#folder, segmentName(this.segment + 1));
    // What an attempt that failed left behind: nothing in it was ever answered for.
    await this.#disk.remove(path);
    this.#file = await this.#disk.create(path);
    this.segment += 1;
    this.bytes = 0;
  }

  /** After a failure: cuts off what was refused, and goes to a fresh segment, so that no reader sees lines change under it. */
  async mend(): Promise<void> {
    await this.#file?.truncate(this.bytes);
    if (this.bytes > 0 || this.#file === undefined) await this.advance();
  }

  /** Cuts off what was refused, syncs and closes. */
  async finish(): Promise<void> {
    await this.#syncing?.catch(() => {});
    await this.#file?.truncate(this.bytes);
    await this.#leave();
  }

  async #leave(): Promise<void> {
    // The number of a file must not be given back while a sync on it is under way: the next file would get it.
    await this.#syncing?.catch(() => {});
    const file = this.#file;
    if (file === undefined) return;
    await file.sync();
    this.#file = undefined;
    await file.close();
  }

  #writeFrom(group: Group, offset: number, done: (error: Error | null) => void): void {
    if (this.#file === undefined) {
      done(new Error("no segment is open"));
      return;
    }
    this.#file.write(group.bytes, offset, group.length - offset, (error, written) => {
      if (error !== null || offset + written >= group.length) done(error);
      else if (written === 0) done(new Error("the disk took no bytes"));
      // A disk that fills up first takes a part; the next write says why it takes no more.
      else this.#writeFrom(group, offset + written, done);
    });
  }
}
