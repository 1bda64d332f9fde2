const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const HALF_HOURS = 48;

/**
 * The half-hours of a week, from Monday, in words: `mon-fri 08-18`, `sat 10:30-12; sun`, `22-06` for every day.
 * Ends are exclusive. `undefined` where it is none of them.
 */
export function whenText(week: readonly boolean[]): string | undefined {
  const byDay = days.map((_, day) => week.slice(day * HALF_HOURS, (day + 1) * HALF_HOURS));
  const patterns = byDay.map((day) => hoursText(day));
  const [first] = patterns;
  if (patterns.every((pattern) => pattern === first)) return first === "" ? "always" : hoursText(byDay[0] ?? [], true);
  const byPattern = new Map<string, number[]>();
  for (const [day, pattern] of patterns.entries()) {
    if (pattern !== undefined) byPattern.set(pattern, [...(byPattern.get(pattern) ?? []), day]);
  }
  return [...byPattern].map(([pattern, on]) => `${daysText(on)} ${pattern}`.trimEnd()).join("; ");
}

/** `mon-wed,fri` */
function daysText(on: readonly number[]): string {
  return runs(days.map((_, day) => on.includes(day)))
    .map(([from, to]) => (to - from === 1 ? days[from] : `${days[from]}-${days[to - 1]}`))
    .join(",");
}

/** Empty for the whole day, `undefined` for none of it. */
function hoursText(day: readonly boolean[], everyDay = false): string | undefined {
  if (day.every((half) => half)) return "";
  const found = runs(day);
  if (found.length === 0) return undefined;
  const [first, last] = [found[0], found.at(-1)];
  // Where every day is alike, what goes on after midnight is one stretch, not two.
  const wraps = everyDay && found.length > 1 && first?.[0] === 0 && last?.[1] === HALF_HOURS;
  const told = wraps ? [...found.slice(1, -1), [last[0], first[1]] as const] : found;
  return told.map(([from, to]) => `${clockText(from)}-${clockText(to)}`).join(",");
}

function clockText(half: number): string {
  const hour = String(Math.floor(half / 2)).padStart(2, "0");
  return half % 2 === 0 ? hour : `${hour}:30`;
}

/** Where it is true without a break, each from and to, the end exclusive. */
function runs(flags: readonly boolean[]): readonly (readonly [from: number, to: number])[] {
  const found: [number, number][] = [];
  for (const [at, flag] of flags.entries()) {
    const last = found.at(-1);
    if (!flag) continue;
    if (last?.[1] === at) last[1] = at + 1;
    else found.push([at, at + 1]);
  }
  return found;
}
