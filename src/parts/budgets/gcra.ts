/**
 * Generic cell rate algorithm in its leaky-bucket form, in integers. Pure: the clock is an argument.
 * Source: ITU-T I.371, annex A. The bucket is filled by `unit` for each amount and leaks `leak` each millisecond;
 * both are scaled so that they are whole numbers, which a time of arrival in milliseconds would not be.
 */
export interface Rate {
  readonly unit: number;
  readonly leak: number;
  /** The fill above which nothing is admitted. */
  readonly capacity: number;
}

export interface Bucket {
  readonly fill: number;
  /** Unix milliseconds at which `fill` was true. */
  readonly at: number;
}

/** The rate of `limit` amounts per window with at most `burst` at once. */
export function rateOf(limit: number, windowMs: number, burst: number): Rate {
  const common = greatestCommonDivisor(windowMs, limit);
  const unit = windowMs / common;
  return { unit, leak: limit / common, capacity: burst * unit };
}

/** What is in the bucket at `now`. A clock that steps back finds what was there. */
export function fillAt(bucket: Bucket, rate: Rate, now: number): number {
  return Math.max(0, bucket.fill - Math.max(0, now - bucket.at) * rate.leak);
}

/** Whole amounts that fit on top of `fill`. */
export function roomAbove(fill: number, rate: Rate): number {
  return Math.max(0, Math.floor((rate.capacity - fill) / rate.unit));
}

/** Milliseconds until `fill` has leaked down to `target`. */
export function leakTime(fill: number, target: number, rate: Rate): number {
  return Math.max(0, Math.ceil((fill - target) / rate.leak));
}

/**
 * What may be taken out of the bucket when an amount that was held at `heldAt` is given back at `now`: only the part that
 * cannot have leaked since. Taking out all of it would let a caller hold, wait, fill the bucket anew, refund and fill it
 * a second time at one instant.
 */
export function refundable(amount: number, rate: Rate, heldAt: number, now: number): number {
  return Math.max(0, amount * rate.unit - Math.max(0, now - heldAt) * rate.leak);
}

function greatestCommonDivisor(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return x;
}
