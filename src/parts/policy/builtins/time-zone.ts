import { BuiltinError } from "./builtin.ts";
import { zoneNames } from "./time-zone-names.ts";

/** A moment taken apart on the calendar of one place. `offset` is seconds east of UTC. */
export interface Moment {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
  readonly offset: number;
  readonly zone: string;
}

const NS_PER_SECOND = 1_000_000_000n;
const DAY = 86_400;
const MIN_NS = -(1n << 63n);
const MAX_NS = (1n << 63n) - 1n;

/** Nanoseconds since 1970 as a 64-bit integer, as Go holds them. */
export function inRange(ns: bigint): bigint {
  if (ns < MIN_NS || ns > MAX_NS) throw new BuiltinError("time outside of valid range");
  return ns;
}

export function momentAt(ns: bigint, zone: string): Moment {
  inRange(ns);
  const nanosecond = ((ns % NS_PER_SECOND) + NS_PER_SECOND) % NS_PER_SECOND;
  const seconds = Number((ns - nanosecond) / NS_PER_SECOND);
  const offset = offsetAt(seconds, zone);
  const local = new Date((seconds + offset) * 1000);
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
    nanosecond: Number(nanosecond),
    offset,
    zone,
  };
}

/** Seconds since 1970 of a calendar time read as UTC; fields may run over, as in Go's `time.Date`. */
export function utcSeconds(year: number, month: number, day: number, hour: number, minute: number, second: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, 0);
  const seconds = date.getTime() / 1000;
  if (!Number.isSafeInteger(seconds)) throw new BuiltinError("time outside of valid range");
  return seconds;
}

/** The moment of a calendar time in a zone. In a gap or an overlap the offset before the change counts, as Go does it. */
export function localNs(local: Omit<Moment, "offset">): bigint {
  const wall = utcSeconds(local.year, local.month, local.day, local.hour, local.minute, local.second);
  const guess = wall - offsetAt(wall, local.zone);
  const offset = offsetAt(guess, local.zone);
  const seconds = settle(wall, guess, offset, local.zone);
  return inRange(BigInt(seconds) * NS_PER_SECOND + BigInt(local.nanosecond));
}

function settle(wall: number, guess: number, offset: number, zone: string): number {
  const second = wall - offset;
  if (second === guess || offsetAt(second, zone) === offset) return second;
  return guess;
}

const formatters = new Map<string, Intl.DateTimeFormat>();
const ZONES_KEPT = 64;
function formatterOf(zone: string): Intl.DateTimeFormat {
  const kept = formatters.get(zone);
  if (kept !== undefined) return kept;
  if (!zoneNames.has(zone)) throw new BuiltinError("unknown time zone");
  let made: Intl.DateTimeFormat;
  try {
    made = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      calendar: "gregory",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
      era: "short",
    });
  } catch {
    throw new BuiltinError("unknown time zone");
  }
  if (formatters.size >= ZONES_KEPT) formatters.clear();
  formatters.set(zone, made);
  return made;
}

/** Throws where a name is no zone's. */
export function checkZone(zone: string): void {
  if (zone !== "UTC" && zone !== "") formatterOf(zone);
}

function offsetAt(seconds: number, zone: string): number {
  if (zone === "UTC" || zone === "") return 0;
  // What the databases say about the time before 1970 differs from one to the next.
  if (seconds < -DAY) throw new BuiltinError("a time before 1970 has no certain offset in a zone");
  const parts: Record<string, number> = {};
  for (const { type, value } of formatterOf(zone).formatToParts(seconds * 1000)) parts[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return utcSeconds(year, month, day, hour, minute, second) - seconds;
}
