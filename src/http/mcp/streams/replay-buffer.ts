/** One event of a stream as it was sent. */
interface Kept {
  readonly number: number;
  readonly frame: string;
  readonly bytes: number;
}

/** Far more than a reader misses while it connects again. */
const MAX_EVENTS = 2_048;

/** The events of one stream that a reader could still have missed, oldest first. */
export class ReplayBuffer {
  #kept: (Kept | undefined)[] = [];
  /** Where the kept ones begin: taking from the front empties a place and moves on, and empty places are given back from time to time. */
  #start = 0;
  #bytes = 0;
  #last = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** The number of the newest event; 0 before the first. */
  get last(): number {
    return this.#last;
  }

  /** The number that the next event gets. */
  get next(): number {
    return this.#last + 1;
  }

  /** Returns by how many bytes the buffer grew. */
  add(frame: string): number {
    const before = this.#bytes;
    const bytes = Buffer.byteLength(frame);
    this.#last++;
    this.#kept.push({ number: this.#last, frame, bytes });
    this.#bytes += bytes;
    if (this.#kept.length - this.#start > MAX_EVENTS) this.dropOldest();
    return this.#bytes - before;
  }

  /** Returns how many bytes became free. */
  dropOldest(): number {
    const oldest = this.#kept[this.#start];
    if (oldest === undefined) return 0;
    // What does not count any more must not be held either.
    this.#kept[this.#start] = undefined;
    this.#start++;
    this.#bytes -= oldest.bytes;
    if (this.#start > MAX_EVENTS) {
      this.#kept = this.#kept.slice(this.#start);
      this.#start = 0;
    } else if (this.#start === this.#kept.length) {
      this.#kept = [];
      this.#start = 0;
    }
    return oldest.bytes;
  }

  /** What came after the event of that number; `undefined` if some of it is no longer kept, or the number was never given. */
  after(number: number): readonly string[] | undefined {
    if (number > this.#last) return undefined;
    const first = this.#kept[this.#start]?.number ?? this.next;
    if (number + 1 < first) return undefined;
    return this.#kept.slice(this.#start + number + 1 - first).flatMap((kept) => kept?.frame ?? []);
  }
}
