import { InvalidArgumentError } from "commander";

// Readers for values of options. What they refuse is a wrong command line, told with what was wanted.

export function wholeNumber(from: number, to: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < from || number > to) throw new InvalidArgumentError(`wanted a whole number from ${from} to ${to}`);
    return number;
  };
}

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

export function instant(text: string): string {
  if (!RFC_3339.test(text) || Number.isNaN(Date.parse(text))) throw new InvalidArgumentError('wanted a time like "2027-01-31T00:00:00Z"');
  return text;
}

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
const DURATION = /^([1-9]\d{0,8})([smhdw])$/;

/** Milliseconds of a text like `30m`, `12h` or `7d`; nothing for any other text. */
export function durationMs(text: string): number | undefined {
  const [, count, unit] = DURATION.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * UNITS[unit as keyof typeof UNITS];
}

/** A duration in milliseconds, as a flag gives it. */
export function duration(text: string): number {
  const ms = durationMs(text);
  if (ms === undefined) throw new InvalidArgumentError('wanted a duration like "30m", "12h" or "7d"');
  return ms;
}

/** Unix milliseconds: a time, or how long ago it is. */
export function moment(text: string, now: () => number = Date.now): number {
  const ago = durationMs(text);
  if (ago !== undefined) return now() - ago;
  if (!RFC_3339.test(text) || Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError('wanted how long ago, like "7d" or "12h", or a time like "2027-01-31T00:00:00Z"');
  return Date.parse(text);
}

/** The two largest units of a time: `1 d 4 h`, `29 min 50 s`. */
export function durationText(ms: number): string {
  const left = Math.max(0, Math.round(ms / 1_000));
  const parts = [
    [Math.floor(left / 86_400), "d"],
    [Math.floor(left / 3_600) % 24, "h"],
    [Math.floor(left / 60) % 60, "min"],
    [left % 60, "s"],
  ] as const;
  const from = Math.max(
    0,
    parts.findIndex(([number]) => number > 0),
  );
  const shown = left === 0 ? parts.slice(-1) : parts.slice(from, from + 2).filter(([number], at) => at === 0 || number > 0);
  return shown.map(([number, unit]) => `${number} ${unit}`).join(" ");
}
