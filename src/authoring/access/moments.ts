import type { ClockPart } from "./judges.ts";

/** Moments that stand for all others, as far as hour, weekday and - at two of sixty - minute tell them apart. */
export interface Moments {
  /** Unix milliseconds; the first is the moment that is asked about. */
  readonly instants: readonly number[];
  /** For each half-hour of a week from Monday on, which of the instants stands for it. */
  readonly week: readonly number[];
}

/** Answers of the evaluator that are asked for the sake of time, for the targets of one server: half a minute or so. */
const ANSWERS = 5_000_000;
const coarser: readonly (readonly ClockPart[])[] = [["hour", "weekday"], ["hour"], []];

/**
 * As `momentsOf`, but fewer where `cells` are so many that it would take minutes. Never fewer than what tells all hours
 * and weekdays apart where rules look at nothing else: of all others a cell says that time is a fact that was not tried.
 */
export function affordableMoments(clock: ReadonlySet<ClockPart>, at: number, timezone: string, cells: number): Moments {
  let moments = momentsOf(clock, at, timezone);
  if (!clock.has("exact") && !clock.has("minute")) return moments;
  for (const parts of coarser) {
    if (moments.instants.length * cells <= ANSWERS) break;
    moments = momentsOf(new Set(parts), at, timezone);
  }
  return moments;
}

const HALF_HOURS = 48;
const QUARTER_MS = 900_000;
/** Two weeks and a day: an hour that one week leaves out for daylight saving stands in the other. */
const QUARTERS = 15 * 24 * 4;
const weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** Every wall-clock time that the parts can tell apart, in the zone, the nearest to come of each. */
export function momentsOf(clock: ReadonlySet<ClockPart>, at: number, timezone: string): Moments {
  if (clock.size === 0) return { instants: [at], week: Array.from({ length: 7 * HALF_HOURS }, () => 0) };
  const slotAt = slotTeller(timezone);
  const keyOf = (slot: number) => partsKey(clock, slot);
  const instants = [at];
  const byKey = new Map<string, number>();
  // With minutes the moment itself stands for nothing but itself: it is seldom a full or a half hour.
  if (!clock.has("minute") && !clock.has("exact")) byKey.set(keyOf(slotAt(at)), 0);
  const first = Math.ceil(at / QUARTER_MS) * QUARTER_MS;
  for (let quarter = 0; quarter < QUARTERS; quarter++) {
    const instant = first + quarter * QUARTER_MS;
    const slot = slotAt(instant);
    if (!byKey.has(keyOf(slot)) && isWhole(slot)) byKey.set(keyOf(slot), instants.push(instant) - 1);
  }
  const week = Array.from({ length: 7 * HALF_HOURS }, (_, slot) => byKey.get(keyOf(slot)) ?? 0);
  return { instants, week };
}

/** Slots are half-hours from Monday; what is within one, and neither full nor half, is a fraction. */
const isWhole = (slot: number): boolean => Number.isInteger(slot);

function partsKey(clock: ReadonlySet<ClockPart>, slot: number): string {
  const all = clock.has("exact");
  const half = Math.floor(slot);
  const day = all || clock.has("weekday") ? Math.floor(half / HALF_HOURS) : "";
  const hour = all || clock.has("hour") ? Math.floor((half % HALF_HOURS) / 2) : "";
  const minute = all || clock.has("minute") ? half % 2 : "";
  return `${day} ${hour} ${minute}`;
}

function slotTeller(timezone: string): (instant: number) => number {
  const format = new Intl.DateTimeFormat("en-GB", {
    ...{ timeZone: timezone, weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  });
  return (instant) => {
    const parts = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, value]));
    return weekdays.indexOf(parts.weekday ?? "") * HALF_HOURS + Number(parts.hour) * 2 + Number(parts.minute) / 30;
  };
}
