/** Minutes of a week from Monday 00:00, as spans that neither touch nor overlap, in order. */
export type Hours = readonly (readonly [from: number, until: number])[];

const DAY = 1440;
const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

export const noHours: Hours = [];
export const allHours: Hours = [[0, 7 * DAY]];

/**
 * Reads what an access cell tells: `always`, `mon-fri 08-18`, `sat 10:30-12,14-16; sun`, `22-06`. A span over midnight is
 * the evening and the morning of the same day, as the table tells it. Undefined for what it cannot read.
 */
export function readHours(text: string): Hours | undefined {
  if (text === "always") return allHours;
  const spans: [number, number][] = [];
  for (const part of text.split(";")) {
    const found = /^\s*([a-z]{3}(?:[-,][a-z]{3})*)?\s*((?:\d\d(?::\d\d)?-\d\d(?::\d\d)?)(?:,\s*\d\d(?::\d\d)?-\d\d(?::\d\d)?)*)?\s*$/.exec(
      part,
    );
    if (found === null || (found[1] === undefined && found[2] === undefined)) return undefined;
    const named = found[1] === undefined ? days.map((_, at) => at) : daysOf(found[1]);
    const times = found[2] === undefined ? [[0, DAY] as const] : timesOf(found[2]);
    if (named === undefined || times === undefined) return undefined;
    for (const day of named) {
      const start = day * DAY;
      for (const [from, until] of times) {
        if (from < until) spans.push([start + from, start + until]);
        else spans.push([start, start + until], [start + from, start + DAY]);
      }
    }
  }
  return merged(spans);
}

function daysOf(text: string): readonly number[] | undefined {
  const named: number[] = [];
  for (const part of text.split(",")) {
    const [first, last, more] = part.split("-").map((day) => days.indexOf(day));
    if (first === undefined || first < 0 || more !== undefined || last === -1) return undefined;
    const end = last ?? first;
    for (let day = first; ; day = (day + 1) % 7) {
      named.push(day);
      if (day === end) break;
    }
  }
  return named;
}

function timesOf(text: string): readonly (readonly [number, number])[] | undefined {
  const times: (readonly [number, number])[] = [];
  for (const part of text.split(",")) {
    const [from = -1, until = -1] = part.trim().split("-").map(minuteOf);
    if (from < 0 || from >= DAY || until < 0 || until > DAY) return undefined;
    times.push([from, until]);
  }
  return times;
}

function minuteOf(text: string): number {
  const [hour = Number.NaN, minute = 0] = text.split(":").map(Number);
  return hour <= 24 && minute < 60 ? hour * 60 + minute : -1;
}

function merged(spans: readonly (readonly number[])[]): Hours {
  const all: [number, number][] = [];
  for (const [from = 0, until = 0] of spans.toSorted(([a = 0], [b = 0]) => a - b)) {
    const last = all.at(-1);
    if (from === until) continue;
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], until);
    else all.push([from, until]);
  }
  return all;
}

/** Whether every minute of the one is a minute of the other. */
export function isWithin(some: Hours, others: Hours): boolean {
  return some.every(([from, until]) => others.some(([start, end]) => start <= from && until <= end));
}

/** The minutes that both have. */
export function bothHours(some: Hours, others: Hours): Hours {
  const both = some.flatMap(([from, until]) => others.map(([start, end]) => [Math.max(from, start), Math.min(until, end)]));
  return merged(both.filter(([from = 0, until = 0]) => from < until));
}

/** The minutes of a week that these leave. */
export function otherHours(hours: Hours): Hours {
  const edges = [0, ...hours.flat(), 7 * DAY];
  return merged(Array.from({ length: edges.length / 2 }, (_, at) => [edges[at * 2] ?? 0, edges[at * 2 + 1] ?? 0]));
}
