import { BuiltinError } from "./builtin.ts";
import { months, type Piece, piecesOf, weekdays } from "./time-layout.ts";
import { utcSeconds } from "./time-zone.ts";

interface Read {
  year: number;
  month: number | undefined;
  day: number | undefined;
  yearDay: number | undefined;
  hour: number;
  half: "AM" | "PM" | undefined;
  minute: number;
  second: number;
  nanosecond: number;
  /** Seconds east, as the text says it. */
  offset: number;
  /** `Z` or `UTC` was read, which wins over any offset. */
  utc: boolean;
}

/** What is left of the text. Each reader takes its field off the front, or throws. */
class Rest {
  text: string;

  constructor(text: string) {
    this.text = text;
  }

  take(pattern: RegExp): string {
    const found = this.find(pattern);
    if (found === undefined) throw unfit();
    return found;
  }

  find(pattern: RegExp): string | undefined {
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.text = this.text.slice(found.length);
    return found;
  }
}

const unfit = (): BuiltinError => new BuiltinError("time: the text does not fit the layout");
/** No date is longer. */
const LONGEST = 1000;

/**
 * Go's `time.Parse` to nanoseconds, with its leniencies (one-digit hours, fractions that the layout does not name). A zone
 * name other than UTC and GMT is refused: Go reads it by the zone of the machine it runs on.
 */
export function parseMoment(layout: string, value: string): bigint {
  if (value.length > LONGEST) throw unfit();
  const pieces = piecesOf(layout);
  const read: Read = {
    ...{ year: 0, month: undefined, day: undefined, yearDay: undefined },
    ...{ hour: 0, half: undefined, minute: 0, second: 0, nanosecond: 0, offset: 0, utc: false },
  };
  const rest = new Rest(value);
  for (const [index, piece] of pieces.entries()) {
    if ("text" in piece) skip(rest, piece.text);
    else readPart(read, piece.part, rest, nextPart(pieces, index));
  }
  if (rest.text !== "") throw new BuiltinError("time: extra text");
  return toNs(read);
}

/** Whether a text fits a layout. */
export function isMoment(layout: string, value: string): boolean {
  try {
    parseMoment(layout, value);
    return true;
  } catch (error) {
    if (error instanceof BuiltinError) return false;
    throw error;
  }
}

function nextPart(pieces: readonly Piece[], index: number): string | undefined {
  for (const piece of pieces.slice(index + 1)) if ("part" in piece) return piece.part;
  return undefined;
}

/** Any number of spaces stands for any number of spaces; none is enough at the end. */
function skip(rest: Rest, prefix: string): void {
  for (const run of prefix.match(/ +|[^ ]+/g) ?? []) {
    if (run.startsWith(" ")) {
      if (rest.text !== "" && !rest.text.startsWith(" ")) throw unfit();
      rest.find(/^ +/);
    } else {
      if (!rest.text.startsWith(run)) throw unfit();
      rest.text = rest.text.slice(run.length);
    }
  }
}

const twoDigits = /^\d\d/;
const upToTwoDigits = /^\d\d?/;
const namesOf = (names: readonly string[], length?: number): RegExp =>
  new RegExp(`^(?:${names.map((name) => name.slice(0, length)).join("|")})`, "i");
const monthNames = { January: namesOf(months), Jan: namesOf(months, 3) } as const;
const weekdayNames = { Monday: namesOf(weekdays), Mon: namesOf(weekdays, 3) } as const;

function readPart(read: Read, part: string, rest: Rest, next: string | undefined): void {
  switch (part) {
    case "06": {
      const year = integer(rest.take(/^.{2}/s));
      read.year = year >= 69 ? year + 1900 : year + 2000;
      return;
    }
    case "2006":
      read.year = integer(rest.take(/^\d.{3}/s));
      return;
    case "January":
    case "Jan":
      read.month = monthOf(rest.take(monthNames[part]));
      return;
    case "01":
    case "1":
      read.month = within(Number(rest.take(part === "01" ? twoDigits : upToTwoDigits)), 1, 12);
      return;
    case "Monday":
    case "Mon":
      rest.take(weekdayNames[part]);
      return;
    case "_2":
    case "02":
    case "2":
      if (part === "_2") rest.find(/^ /);
      read.day = Number(rest.take(part === "02" ? twoDigits : upToTwoDigits));
      return;
    case "__2":
    case "002":
      if (part === "__2") rest.find(/^ {1,2}/);
      read.yearDay = Number(rest.take(part === "002" ? /^\d{3}/ : /^\d{1,3}/));
      return;
    default:
      readClockPart(read, part, rest, next);
  }
}

function readClockPart(read: Read, part: string, rest: Rest, next: string | undefined): void {
  switch (part) {
    case "15":
      read.hour = within(Number(rest.take(upToTwoDigits)), 0, 23);
      return;
    case "03":
    case "3":
      read.hour = within(Number(rest.take(part === "03" ? twoDigits : upToTwoDigits)), 0, 12);
      return;
    case "04":
    case "4":
      read.minute = within(Number(rest.take(part === "04" ? twoDigits : upToTwoDigits)), 0, 59);
      return;
    case "05":
    case "5":
      read.second = within(Number(rest.take(part === "05" ? twoDigits : upToTwoDigits)), 0, 59);
      // Go takes a fraction after the seconds even where the layout has none.
      if (next === undefined || !isFraction(next)) readFraction(read, rest.find(/^[.,]\d+/));
      return;
    case "PM":
    case "pm":
      read.half = rest.take(part === "PM" ? /^[AP]M/ : /^[ap]m/).toUpperCase() === "PM" ? "PM" : "AM";
      return;
    case "MST":
      readZoneName(read, rest);
      return;
    default:
      if (!isFraction(part)) readOffset(read, part, rest);
      else if (part.charAt(1) === "0") readFraction(read, rest.take(new RegExp(`^[.,].{${part.length - 1}}`, "s")));
      else readFraction(read, rest.find(/^[.,]\d+/));
  }
}

const isFraction = (part: string): boolean => /^[.,]/.test(part);

/** Go's `atoi` takes a sign, even inside a year. */
function integer(text: string): number {
  if (!/^[-+]?\d+$/.test(text)) throw unfit();
  return Number(text);
}

function readFraction(read: Read, found: string | undefined): void {
  if (found === undefined) return;
  const digits = found.slice(1, 10);
  const value = integer(digits);
  if (value < 0 || digits.startsWith("-")) throw new BuiltinError("time: a field is out of range");
  read.nanosecond = value * 10 ** (9 - digits.length);
}

function monthOf(found: string): number {
  const name = found.toLowerCase().slice(0, 3);
  return months.findIndex((month) => month.toLowerCase().startsWith(name)) + 1;
}

function within(value: number, low: number, high: number): number {
  if (value < low || value > high) throw new BuiltinError("time: a field is out of range");
  return value;
}

/** `UTC` and `GMT` mean the same everywhere. Go reads `GMT+3` too, and does not apply the three hours. */
function readZoneName(read: Read, rest: Rest): void {
  if (rest.find(/^UTC/) !== undefined) {
    read.utc = true;
    return;
  }
  if (rest.find(/^GMT/) === undefined) throw new BuiltinError("time: names of zones are not supported");
  const hours = /^[-+](\d+)/.exec(rest.text);
  if (hours !== null && Number(hours[1]) <= 23) rest.take(/^[-+]\d+/);
}

function readOffset(read: Read, part: string, rest: Rest): void {
  if (part.startsWith("Z") && rest.find(/^Z/) !== undefined) {
    read.utc = true;
    return;
  }
  const count = part.replace(/[^0-9]/g, "").length / 2;
  const joint = part.includes(":") ? ":" : "";
  const found = rest.take(new RegExp(`^[-+]${Array(count).fill("\\d\\d").join(joint)}`));
  const fields = found.match(/\d\d/g) ?? [];
  const [hours = 0, minutes = 0, seconds = 0] = fields.map(Number);
  // Some people write offsets of 24 hours and 60 minutes, and Go takes them.
  const distance = within(hours, 0, 24) * 3600 + within(minutes, 0, 60) * 60 + within(seconds, 0, 60);
  const offset = found.startsWith("-") ? -distance : distance;
  // Go marks "no offset read" with -1 and so overlooks an offset of minus one second.
  read.offset = offset === -1 ? 0 : offset;
}

function hourOf({ hour, half }: Read): number {
  if (half === "PM" && hour < 12) return hour + 12;
  return half === "AM" && hour === 12 ? 0 : hour;
}

function toNs(read: Read): bigint {
  const { month, day } = read.yearDay === undefined ? { month: read.month ?? 1, day: read.day ?? 1 } : dateOfYearDay(read, read.yearDay);
  const midnight = new Date(utcSeconds(read.year, month, day, 0, 0, 0) * 1000);
  if (day < 1 || midnight.getUTCMonth() + 1 !== month) throw new BuiltinError("time: day out of range");
  const seconds = utcSeconds(read.year, month, day, hourOf(read), read.minute, read.second);
  return BigInt(seconds - (read.utc ? 0 : read.offset)) * 1_000_000_000n + BigInt(read.nanosecond);
}

function dateOfYearDay(read: Read, yearDay: number): { readonly month: number; readonly day: number } {
  const date = new Date(utcSeconds(read.year, 1, yearDay, 0, 0, 0) * 1000);
  const [month, day] = [date.getUTCMonth() + 1, date.getUTCDate()];
  if (yearDay < 1 || date.getUTCFullYear() !== read.year) throw new BuiltinError("time: day of year out of range");
  if ((read.month ?? month) !== month || (read.day ?? day) !== day) throw new BuiltinError("time: day of year does not match");
  return { month, day };
}
