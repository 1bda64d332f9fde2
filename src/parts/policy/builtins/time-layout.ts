import { BuiltinError } from "./builtin.ts";
import { type Moment, utcSeconds } from "./time-zone.ts";

/** The layouts that OPA knows by name. */
const named: Readonly<Record<string, string>> = {
  ANSIC: "Mon Jan _2 15:04:05 2006",
  UnixDate: "Mon Jan _2 15:04:05 MST 2006",
  RubyDate: "Mon Jan 02 15:04:05 -0700 2006",
  RFC822: "02 Jan 06 15:04 MST",
  RFC822Z: "02 Jan 06 15:04 -0700",
  RFC850: "Monday, 02-Jan-06 15:04:05 MST",
  RFC1123: "Mon, 02 Jan 2006 15:04:05 MST",
  RFC1123Z: "Mon, 02 Jan 2006 15:04:05 -0700",
  RFC3339: "2006-01-02T15:04:05Z07:00",
  RFC3339Nano: "2006-01-02T15:04:05.999999999Z07:00",
};

export const weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;
const months = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

/**
 * The parts of a Go layout, in the order in which Go looks for them. `Jan` is a part only where no lower-case letter follows,
 * a fraction only where no digit follows; `_2006` is an underscore and a year.
 */
const part =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|002|01|02|03|04|05|06|2006|15|1|2|_2006|_2|__2|3|4|5|PM|pm|-07:00:00|-070000|-07:00|-0700|-07|Z07:00:00|Z070000|Z07:00|Z0700|Z07|[.,]0+(?!\d)|[.,]9+(?!\d)/g;

type Piece = { readonly text: string } | { readonly part: string };

const compiled = new Map<string, readonly Piece[]>();
const LAYOUTS_KEPT = 64;

function piecesOf(layout: string): readonly Piece[] {
  const kept = compiled.get(layout);
  if (kept !== undefined) return kept;
  const full = Object.hasOwn(named, layout) ? (named[layout] ?? "") : layout;
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of full.matchAll(part)) {
    if (match.index > end) pieces.push({ text: full.slice(end, match.index) });
    if (match[0] === "_2006") pieces.push({ text: "_" }, { part: "2006" });
    else pieces.push({ part: match[0] });
    end = match.index + match[0].length;
  }
  if (end < full.length) pieces.push({ text: full.slice(end) });
  if (compiled.size >= LAYOUTS_KEPT) compiled.clear();
  compiled.set(layout, pieces);
  return pieces;
}

/** Go's `Time.Format`. Zone names other than UTC are refused: they are not in the data that Node has. */
export function formatMoment(moment: Moment, layout: string): string {
  return piecesOf(layout)
    .map((piece) => ("text" in piece ? piece.text : formatPart(moment, piece.part)))
    .join("");
}

const two = (value: number): string => String(value).padStart(2, "0");

function formatPart(moment: Moment, wanted: string): string {
  const { year, month, day, hour, minute, second } = moment;
  switch (wanted) {
    case "2006":
      return String(year).padStart(4, "0");
    case "06":
      return two(year % 100);
    case "January":
      return months[month - 1] ?? "";
    case "Jan":
      return (months[month - 1] ?? "").slice(0, 3);
    case "01":
      return two(month);
    case "1":
      return String(month);
    case "Monday":
      return weekdayOf(moment);
    case "Mon":
      return weekdayOf(moment).slice(0, 3);
    case "02":
      return two(day);
    case "_2":
      return String(day).padStart(2, " ");
    case "2":
      return String(day);
    case "002":
      return String(yearDay(moment)).padStart(3, "0");
    case "__2":
      return String(yearDay(moment)).padStart(3, " ");
    case "15":
      return two(hour);
    case "03":
      return two(hour % 12 || 12);
    case "3":
      return String(hour % 12 || 12);
    case "04":
      return two(minute);
    case "4":
      return String(minute);
    case "05":
      return two(second);
    case "5":
      return String(second);
    case "PM":
      return hour >= 12 ? "PM" : "AM";
    case "pm":
      return hour >= 12 ? "pm" : "am";
    case "MST":
      if (moment.zone === "UTC" || moment.zone === "") return "UTC";
      throw new BuiltinError("time.format: names of zones are not supported");
    default:
      return wanted.startsWith(".") || wanted.startsWith(",") ? formatFraction(moment, wanted) : formatOffset(moment.offset, wanted);
  }
}

export function weekdayOf(moment: Moment): string {
  return weekdays[new Date(utcSeconds(moment.year, moment.month, moment.day, 0, 0, 0) * 1000).getUTCDay()] ?? "";
}

function yearDay(moment: Moment): number {
  return (utcSeconds(moment.year, moment.month, moment.day, 0, 0, 0) - utcSeconds(moment.year, 1, 1, 0, 0, 0)) / 86_400 + 1;
}

function formatFraction(moment: Moment, wanted: string): string {
  const digits = String(moment.nanosecond)
    .padStart(9, "0")
    .slice(0, wanted.length - 1);
  if (digits.length < wanted.length - 1) throw new BuiltinError("time.format: more than nine digits of a second");
  if (wanted[1] === "0") return wanted[0] + digits;
  const kept = digits.replace(/0+$/, "");
  return kept === "" ? "" : wanted[0] + kept;
}

function formatOffset(offset: number, wanted: string): string {
  if (wanted.startsWith("Z") && offset === 0) return "Z";
  const sign = offset < 0 ? "-" : "+";
  const distance = Math.abs(offset);
  const fields = [two(Math.floor(distance / 3600)), two(Math.floor(distance / 60) % 60), two(distance % 60)];
  const joint = wanted.includes(":") ? ":" : "";
  const count = (wanted.replace(/[^0-9]/g, "").length / 2) | 0;
  return sign + fields.slice(0, count).join(joint);
}

interface Read {
  year: number;
  month: number;
  day: number;
  yearDay: number;
  hour: number;
  afternoon: boolean | undefined;
  minute: number;
  second: number;
  nanosecond: number;
  offset: number;
}

/**
 * Go's `time.Parse` to nanoseconds. What Go accepts by leniency only (a one-digit hour, unknown zone names read as UTC)
 * is refused: a time that two readers understand differently must not decide.
 */
export function parseMoment(layout: string, value: string): bigint {
  const pieces = piecesOf(layout);
  const read: Read = {
    year: 0,
    month: 1,
    day: 1,
    yearDay: 0,
    hour: 0,
    afternoon: undefined,
    minute: 0,
    second: 0,
    nanosecond: 0,
    offset: 0,
  };
  let rest = value;
  for (const [index, piece] of pieces.entries()) rest = readPiece(read, piece, pieces[index + 1], rest);
  if (rest !== "") throw new BuiltinError("time: extra text");
  return toNs(read);
}

const patterns: Readonly<Record<string, RegExp>> = {
  "2006": /^\d{4}/,
  "06": /^\d{2}/,
  "01": /^\d{2}/,
  "1": /^\d{1,2}/,
  "02": /^\d{2}/,
  "2": /^\d{1,2}/,
  _2: /^ ?\d{1,2}/,
  "002": /^\d{3}/,
  "15": /^\d{2}/,
  "03": /^\d{2}/,
  "3": /^\d{1,2}/,
  "04": /^\d{2}/,
  "4": /^\d{1,2}/,
  "05": /^\d{2}/,
  "5": /^\d{1,2}/,
  PM: /^[AP]M/,
  pm: /^[ap]m/,
  January: new RegExp(`^(?:${months.join("|")})`, "i"),
  Jan: new RegExp(`^(?:${months.map((month) => month.slice(0, 3)).join("|")})`, "i"),
  Monday: new RegExp(`^(?:${weekdays.join("|")})`, "i"),
  Mon: new RegExp(`^(?:${weekdays.map((day) => day.slice(0, 3)).join("|")})`, "i"),
  MST: /^UTC(?![A-Z])/,
  "-07:00": /^[+-]\d\d:\d\d/,
  "-0700": /^[+-]\d{4}/,
  "-07": /^[+-]\d\d/,
  "Z07:00": /^(?:Z|[+-]\d\d:\d\d)/,
  Z0700: /^(?:Z|[+-]\d{4})/,
  Z07: /^(?:Z|[+-]\d\d)/,
};

function readPiece(read: Read, piece: Piece, next: Piece | undefined, rest: string): string {
  if ("text" in piece) {
    if (!rest.startsWith(piece.text)) throw new BuiltinError("time: the text does not fit the layout");
    return rest.slice(piece.text.length);
  }
  const isFraction = /^[.,]/.test(piece.part);
  const pattern = isFraction ? fractionPattern(piece.part) : patterns[piece.part];
  const found = pattern?.exec(rest)?.[0];
  if (found === undefined) throw new BuiltinError("time: the text does not fit the layout");
  let after = rest.slice(found.length);
  if (isFraction) read.nanosecond = nanoseconds(found);
  else readField(read, piece.part, found);
  // Go takes a fraction after the seconds even where the layout has none.
  if ((piece.part === "05" || piece.part === "5") && !(next !== undefined && "part" in next && /^[.,]/.test(next.part))) {
    const fraction = /^[.,]\d+/.exec(after)?.[0] ?? "";
    read.nanosecond = nanoseconds(fraction);
    after = after.slice(fraction.length);
  }
  return after;
}

function fractionPattern(wanted: string): RegExp {
  return wanted[1] === "0" ? new RegExp(`^[.,]\\d{${wanted.length - 1}}`) : /^(?:[.,]\d+)?/;
}

const nanoseconds = (fraction: string): number => Number(fraction.slice(1, 10).padEnd(9, "0"));

function readField(read: Read, wanted: string, found: string): void {
  const number = Number(found);
  if (wanted === "2006") read.year = number;
  else if (wanted === "06") read.year = number >= 69 ? number + 1900 : number + 2000;
  else if (wanted === "01" || wanted === "1") read.month = number;
  else if (wanted === "January" || wanted === "Jan") read.month = monthOf(found);
  else if (wanted === "02" || wanted === "2" || wanted === "_2") read.day = number;
  else if (wanted === "002") read.yearDay = number === 0 ? -1 : number;
  else if (wanted === "15") read.hour = within(number, 0, 23);
  else if (wanted === "03" || wanted === "3") read.hour = within(number, 0, 12);
  else if (wanted === "04" || wanted === "4") read.minute = within(number, 0, 59);
  else if (wanted === "05" || wanted === "5") read.second = within(number, 0, 59);
  else if (wanted === "PM" || wanted === "pm") read.afternoon = found.toUpperCase() === "PM";
  else if (/^[-Z]/.test(wanted)) read.offset = offsetOf(found);
}

function monthOf(found: string): number {
  const name = found.toLowerCase().slice(0, 3);
  return months.findIndex((month) => month.toLowerCase().startsWith(name)) + 1;
}

function within(value: number, low: number, high: number): number {
  if (value < low || value > high) throw new BuiltinError("time: a field is out of range");
  return value;
}

function offsetOf(found: string): number {
  if (found === "Z") return 0;
  const digits = found.replace(/[^0-9]/g, "").padEnd(4, "0");
  const distance = within(Number(digits.slice(0, 2)), 0, 23) * 3600 + within(Number(digits.slice(2)), 0, 59) * 60;
  return found.startsWith("-") ? -distance : distance;
}

function toNs(read: Read): bigint {
  const hour = read.afternoon === undefined ? read.hour : (read.hour % 12) + (read.afternoon ? 12 : 0);
  const byYearDay = read.yearDay !== 0;
  const month = byYearDay ? 1 : within(read.month, 1, 12);
  const day = byYearDay ? within(read.yearDay, 1, 366) : within(read.day, 1, 31);
  const seconds = utcSeconds(read.year, month, day, hour, read.minute, read.second);
  const date = new Date(seconds * 1000);
  const sameDay = byYearDay ? date.getUTCFullYear() === read.year : date.getUTCMonth() + 1 === month;
  if (!sameDay) throw new BuiltinError("time: day out of range");
  return BigInt(seconds - read.offset) * 1_000_000_000n + BigInt(read.nanosecond);
}
