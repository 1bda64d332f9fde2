/** How long a source rests between tries, in milliseconds. */
export interface Delays {
  readonly minMs: number;
  readonly maxMs: number;
}

/** The first wait after a failure. */
const FIRST_MS = 500;
/** A server may ask for this much patience and no more: what it holds back is also the bundle that closes a hole. */
const MOST_RETRY_AFTER_MS = 5 * 60_000;

/** Between tries that went well; at random, so that many gateways do not ask at once. `random` is from 0 to 1. */
export function restMs({ minMs, maxMs }: Delays, random: number): number {
  return Math.round(minMs + Math.max(0, maxMs - minMs) * random);
}

/** After so many failures in a row: doubles up to the longest rest, half of it at random. What the server asked for counts if it is longer. */
export function backOffMs(failures: number, { maxMs }: Delays, random: number, askedMs = 0): number {
  const full = Math.min(maxMs, FIRST_MS * 2 ** Math.min(failures - 1, 30));
  return Math.round(Math.max(full / 2 + (full / 2) * random, Math.min(askedMs, MOST_RETRY_AFTER_MS)));
}

/** `Retry-After` (RFC 9110, section 10.2.3): seconds or a date. Undefined where it is neither. */
export function retryAfterMs(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,10}$/.test(header)) return Number(header) * 1000;
  const date = /^[A-Za-z]{3}, /.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
