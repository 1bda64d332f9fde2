/** Start of the whole window that holds `now`, counted from the Unix epoch. Unix milliseconds. */
export function windowStart(now: number, windowMs: number): number {
  return Math.floor(now / windowMs) * windowMs;
}
