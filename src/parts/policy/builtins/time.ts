import { type Builtin, BuiltinError, integerOf, stringOf } from "./builtin.ts";
import { timestampOf } from "./number.ts";
import { formatMoment, weekdayOf } from "./time-layout.ts";
import { parseMoment } from "./time-parse.ts";
import { checkZone, inRange, localNs, type Moment, momentAt } from "./time-zone.ts";
import { isArray, isNumber, numberOf, type Value } from "./value.ts";

/** `ns`, `[ns, zone]` or `[ns, zone, layout]`, as the time built-ins take it. */
function readTime(value: Value | undefined): { readonly ns: bigint; readonly zone: string; readonly layout: string } {
  if (value === undefined || !isArray(value)) return { ns: nanosecondsOf(value), zone: "UTC", layout: "" };
  const [ns, zone, layout] = value;
  return {
    ns: nanosecondsOf(ns),
    zone: zone === undefined ? "UTC" : stringOf(zone),
    layout: layout === undefined ? "" : stringOf(layout),
  };
}

function nanosecondsOf(value: Value | undefined): bigint {
  if (value === undefined || !isNumber(value)) throw new BuiltinError("wanted a number of nanoseconds");
  return timestampOf(value.number);
}

function momentOf(value: Value | undefined): Moment {
  const { ns, zone } = readTime(value);
  return momentAt(ns, zone);
}

const nowNs: Builtin = (context) => numberOf(context.nowNs());

const parseNs: Builtin = (_, layout, value) => numberOf(inRange(parseMoment(stringOf(layout), stringOf(value))));

const parseRfc3339Ns: Builtin = (_, value) => numberOf(inRange(parseMoment("RFC3339", stringOf(value))));

const format: Builtin = (_, value) => {
  const { ns, zone, layout } = readTime(value);
  return formatMoment(momentAt(ns, zone), layout === "" ? "RFC3339Nano" : layout);
};

const date: Builtin = (_, value) => {
  const { year, month, day } = momentOf(value);
  return [numberOf(year), numberOf(month), numberOf(day)];
};

const clock: Builtin = (_, value) => {
  const { hour, minute, second } = momentOf(value);
  return [numberOf(hour), numberOf(minute), numberOf(second)];
};

const weekday: Builtin = (_, value) => weekdayOf(momentOf(value));

const FARTHEST = 1_000_000;

const addDate: Builtin = (_, value, years, months, days) => {
  const moment = momentOf(value);
  const steps = [integerOf(years), integerOf(months), integerOf(days)] as const;
  if (steps.some((step) => Math.abs(step) > FARTHEST)) throw new BuiltinError("time outside of valid range");
  return numberOf(localNs({ ...moment, year: moment.year + steps[0], month: moment.month + steps[1], day: moment.day + steps[2] }));
};

/** Years, months, days, hours, minutes and seconds between two times, on the calendar of the first one's zone. */
const diff: Builtin = (_, first, second) => {
  const zone = readTime(first).zone;
  checkZone(readTime(second).zone);
  const [early, late] = [readTime(first).ns, readTime(second).ns].toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const from = momentAt(early ?? 0n, zone);
  const to = momentAt(late ?? 0n, zone);
  const fields = [to.year - from.year, to.month - from.month, to.day - from.day];
  const clockFields = [to.hour - from.hour, to.minute - from.minute, to.second - from.second];
  let [years = 0, months = 0, days = 0] = fields;
  let [hours = 0, minutes = 0, seconds = 0] = clockFields;
  if (seconds < 0) [seconds, minutes] = [seconds + 60, minutes - 1];
  if (minutes < 0) [minutes, hours] = [minutes + 60, hours - 1];
  if (hours < 0) [hours, days] = [hours + 24, days - 1];
  if (days < 0) [days, months] = [days + daysOf(from), months - 1];
  if (months < 0) [months, years] = [months + 12, years - 1];
  return [years, months, days, hours, minutes, seconds].map(numberOf);
};

const daysOf = (moment: Moment): number => new Date(Date.UTC(moment.year, moment.month, 0)).getUTCDate();

const unitNs: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
const hoursIn: Readonly<Record<string, number>> = { d: 24, w: 7 * 24, y: 365 * 24 };
const segment = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h|d|w|y)/g;
const duration = /^[-+]?(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h|d|w|y))+$/;
const LONGEST = 200;

const parseDurationNs: Builtin = (_, value) => {
  const text = stringOf(value);
  if (/^[-+]?0$/.test(text)) return numberOf(0);
  if (text.length > LONGEST || !duration.test(text)) throw new BuiltinError("time: invalid duration");
  let sum = 0n;
  for (const [, digits = "", unit = ""] of text.matchAll(segment)) sum += segmentNs(digits, unit);
  return numberOf(inRange(text.startsWith("-") ? -sum : sum));
};

/** A whole number of units exactly, and the fraction as Go computes it, in a double. Days and longer become hours first. */
function segmentNs(digits: string, unit: string): bigint {
  const hours = hoursIn[unit];
  if (hours !== undefined) {
    const whole = Number(digits) * hours;
    if (!Number.isFinite(whole) || whole >= 1e20 || (whole !== 0 && whole < 1e-6)) throw new BuiltinError("time: invalid duration");
    return segmentNs(String(whole), "h");
  }
  const size = unitNs[unit] ?? 0n;
  const [whole = "", fraction = ""] = digits.split(".");
  const kept = fraction.slice(0, 18);
  const part = kept === "" ? 0n : BigInt(Math.trunc(Number(BigInt(kept)) * (Number(size) / 10 ** kept.length)));
  return BigInt(whole === "" ? "0" : whole) * size + part;
}

export const timeBuiltins = {
  "time.now_ns": nowNs,
  "time.parse_ns": parseNs,
  "time.parse_rfc3339_ns": parseRfc3339Ns,
  "time.parse_duration_ns": parseDurationNs,
  "time.format": format,
  "time.date": date,
  "time.clock": clock,
  "time.weekday": weekday,
  "time.add_date": addDate,
  "time.diff": diff,
} satisfies Record<string, Builtin>;
