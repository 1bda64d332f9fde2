/** Something with a deadline that can be taken out of the heap before it. */
export interface Timed {
  /** Unix milliseconds. */
  deadline: number;
  /** Where it stands in the heap; -1 outside. Written by the heap alone. */
  place: number;
}

/**
 * Binary heap ordered by deadline that knows where each item stands, so that a settled hold leaves at once and dies
 * young instead of waiting for its deadline.
 */
export class DeadlineHeap<Item extends Timed> {
  readonly #items: Item[] = [];

  get size(): number {
    return this.#items.length;
  }

  add(item: Item): void {
    this.#items.push(item);
    item.place = this.#items.length - 1;
    this.#rise(item);
  }

  remove(item: Item): void {
    const place = item.place;
    if (place < 0) return;
    item.place = -1;
    const last = this.#items.pop();
    if (last === undefined || last === item) return;
    this.#items[place] = last;
    last.place = place;
    this.#rise(last);
    this.#sink(last);
  }

  /** Takes out the earliest item whose deadline is `now` or before. */
  takeDue(now: number): Item | undefined {
    const first = this.#items[0];
    if (first === undefined || first.deadline > now) return undefined;
    this.remove(first);
    return first;
  }

  #rise(item: Item): void {
    while (item.place > 0) {
      const parent = this.#items[(item.place - 1) >> 1];
      if (parent === undefined || parent.deadline <= item.deadline) return;
      this.#swap(parent, item);
    }
  }

  #sink(item: Item): void {
    for (;;) {
      const left = this.#items[2 * item.place + 1];
      const right = this.#items[2 * item.place + 2];
      const child = right !== undefined && left !== undefined && right.deadline < left.deadline ? right : left;
      if (child === undefined || child.deadline >= item.deadline) return;
      this.#swap(item, child);
    }
  }

  #swap(upper: Item, lower: Item): void {
    const place = upper.place;
    upper.place = lower.place;
    lower.place = place;
    this.#items[upper.place] = upper;
    this.#items[lower.place] = lower;
  }
}
