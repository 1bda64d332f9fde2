import { fits } from "../../parts/policy/index.ts";
import type { ValueDifference } from "./test-run.ts";

/** Where a found value is not as wanted, as deep as it can be told. A member that is not wanted is not looked at. */
export function wantedDiff(found: unknown, wanted: unknown, path = ""): readonly ValueDifference[] {
  if (fits(found, wanted)) return [];
  if (Array.isArray(wanted) && Array.isArray(found)) return listDiff(found, wanted, path);
  if (isMembers(wanted) && isMembers(found))
    return Object.entries(wanted).flatMap(([key, value]) => wantedDiff(found[key], value, below(path, key)));
  return [difference(path, { wanted, found })];
}

/** Lists have no order here: what fits is paired, and only the rest is told. */
function listDiff(found: readonly unknown[], wanted: readonly unknown[], path: string): readonly ValueDifference[] {
  const left = [...found.entries()];
  const missing = wanted.filter((one) => {
    const at = left.findIndex(([, candidate]) => fits(candidate, one));
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
  const [lonely] = missing;
  const [other] = left;
  // One on each side is the same element with a change in it, most of the time.
  if (missing.length === 1 && left.length === 1 && other !== undefined && isMembers(lonely) && isMembers(other[1]))
    return wantedDiff(other[1], lonely, `${path}[${other[0]}]`);
  return [...missing.map((one) => difference(path, { wanted: one })), ...left.map(([, one]) => difference(path, { found: one }))];
}

/** Where two answers differ, in full and in order. */
export function fullDiff(opa: unknown, production: unknown, path = ""): readonly ValueDifference[] {
  if (Object.is(opa, production)) return [];
  if (Array.isArray(opa) && Array.isArray(production))
    return range(Math.max(opa.length, production.length)).flatMap((at) => fullDiff(opa[at], production[at], `${path}[${at}]`));
  if (isMembers(opa) && isMembers(production)) {
    const keys = new Set([...Object.keys(opa), ...Object.keys(production)]);
    return [...keys].flatMap((key) => fullDiff(opa[key], production[key], below(path, key)));
  }
  return [difference(path, { opa, production })];
}

function difference(path: string, sides: Omit<ValueDifference, "path">): ValueDifference {
  return { path, ...Object.fromEntries(Object.entries(sides).filter(([, value]) => value !== undefined)) };
}

function below(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => at);
}

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
