import type { AccessCell } from "../access/index.ts";
import { allHours, bothHours, type Hours, noHours, otherHours, readHours } from "./hours.ts";

export type Met = "unknown" | "closed" | "allow" | "ask" | "deny";

/** Hours of a week in which a cell is certainly, and in which it is possibly, one of some states. */
export interface Span {
  readonly certain: Hours;
  readonly possible: Hours;
}

/**
 * When a caller meets one of these. A cell says what holds in its hours, and of the other hours only a list of what is met in
 * some of them: certain is what nothing else is said of. Hours that cannot be read may be any.
 */
export function whenMet({ state, effect, conditions: { when, otherwise = [] } }: AccessCell, states: ReadonlySet<Met>): Span {
  const met = state === "open" ? effect : state;
  const first = met !== undefined && states.has(met);
  if (when === undefined) return first ? { certain: allHours, possible: allHours } : { certain: noHours, possible: noHours };
  const some = otherwise.some((one) => states.has(one));
  const every = otherwise.length > 0 && otherwise.every((one) => states.has(one));
  const hours = readHours(when);
  if (hours === undefined) {
    if (first && every) return { certain: allHours, possible: allHours };
    return { certain: noHours, possible: first || some ? allHours : noHours };
  }
  const rest = otherHours(hours);
  return {
    certain: joined(first ? hours : noHours, every ? rest : noHours),
    possible: joined(first ? hours : noHours, some ? rest : noHours),
  };
}

function joined(a: Hours, b: Hours): Hours {
  return otherHours(bothHours(otherHours(a), otherHours(b)));
}
