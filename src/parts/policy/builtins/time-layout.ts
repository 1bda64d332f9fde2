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
export const months = [
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

export type Piece = { readonly text: string } | { readonly part: string };

const compiled = new Map<string, readonly Piece[]>();
const LAYOUTS_KEPT = 64;
/** A layout is written by hand. Each of its parts writes a dozen bytes, so a long one is no layout but a load. */
const LONGEST_LAYOUT = 1000;

export function piecesOf(layout: string): readonly Piece[] {
  const kept = compiled.get(layout);
  if (kept !== undefined) return kept;
  if (layout.length > LONGEST_LAYOUT) throw new BuiltinError("time: the layout is too long");
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
