import { hash } from "node:crypto";
import type { Result } from "../../core/result.ts";
import type { LogUnavailable, RecordPosition } from "./decision-log.ts";
import type { IntentChange } from "./open-intents.ts";

/** One append that has no answer yet. */
export interface Waiter {
  readonly seq: number;
  readonly always: boolean;
  readonly change: IntentChange | undefined;
  /** The watchdog's tick when it came. */
  readonly born: number;
  readonly resolve: (answer: Result<RecordPosition, LogUnavailable>) => void;
}

const FIRST_BYTES = 64 * 1024;
/** A buffer that one large record blew up is not kept. */
const KEEP_BYTES = 1024 * 1024;
/** No UTF-16 code unit takes more bytes in UTF-8. */
const BYTES_PER_UNIT = 3;

/** Lines that are written together. Encoded once, as they come: the bytes that are hashed are the bytes that are written. */
export class Group {
  bytes: Buffer;
  length = 0;
  readonly waiters: Waiter[] = [];
  readonly born: number;
  /** The segment that this group opens with its first line. */
  readonly opens: number | undefined;
  /** Records in the log, and the last line's hash, after this group. */
  count: number;
  hash: string;

  constructor(count: number, previousHash: string, born: number, opens: number | undefined, bytes: Buffer | undefined) {
    this.bytes = bytes ?? Buffer.allocUnsafeSlow(FIRST_BYTES);
    this.born = born;
    this.opens = opens;
    this.count = count;
    this.hash = previousHash;
  }

  /** Adds a line and returns its length in bytes with the newline. */
  add(line: string): number {
    const start = this.length;
    const most = (line.length + 1) * BYTES_PER_UNIT;
    if (start + most > this.bytes.length) this.#grow(start + most);
    const end = start + this.bytes.write(line, start);
    this.bytes[end] = 0x0a;
    this.hash = hash("sha256", this.bytes.subarray(start, end), "hex");
    this.length = end + 1;
    return this.length - start;
  }

  /** The buffer, for the next group, once this one is written. */
  reusable(): Buffer | undefined {
    return this.bytes.length <= KEEP_BYTES ? this.bytes : undefined;
  }

  #grow(least: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(least, this.bytes.length * 2));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }
}
