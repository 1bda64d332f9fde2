/** When something that may end by itself is tried again. */
export interface Later {
  readonly waitMs: number;
  /** Unix milliseconds. */
  readonly until: number;
}

const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;

/** After a second; each time that it fails again after twice as long, up to a minute. */
export function laterThan(before: Pick<Later, "waitMs"> | undefined, now: number): Later {
  const waitMs = before === undefined ? FIRST_MS : Math.min(before.waitMs * 2, LONGEST_MS);
  return { waitMs, until: now + waitMs };
}
