import { canonical } from "./canonical.ts";
import type { FailOn } from "./fail-on.ts";
import { metBy } from "./fail-on.ts";
import type { HoldingChange } from "./holdings-diff.ts";
import { type AccessChange, type PolicyDiff, titleOf } from "./policy-diff.ts";

/** What a change was not to do, and how it does it. */
export interface Met {
  readonly failOn: FailOn;
  readonly met: readonly string[];
}

export function allMet(diff: PolicyDiff, failOn: readonly FailOn[]): readonly Met[] {
  return failOn.map((one) => ({ failOn: one, met: metBy(diff, one) })).filter(({ met }) => met.length > 0);
}

export function failText({ word, effects }: FailOn): string {
  return effects.length === 0 ? word : `${word}:${effects.join(",")}`;
}

/** `3 gains in 40 places, 1 budget changed`, for the first line of a report. */
export function summaryOf(diff: PolicyDiff): string {
  const cells = new Map<string, number>();
  for (const change of diff.changes) cells.set(titleOf(change), (cells.get(titleOf(change)) ?? 0) + change.cells);
  const counts = [...cells].map(([title, count]) => `${title}: ${count}`);
  const holdings = new Map<string, number>();
  for (const { kind, change } of diff.holdings) holdings.set(`${kind} ${change}`, (holdings.get(`${kind} ${change}`) ?? 0) + 1);
  return [...counts, ...[...holdings].map(([what, count]) => `${what}: ${count}`)].join(", ");
}

/** Changes by what they do, in the order of weight. */
export function byTitle(changes: readonly AccessChange[]): ReadonlyMap<string, readonly AccessChange[]> {
  const titles = new Map<string, AccessChange[]>();
  for (const change of changes) {
    const own = titles.get(titleOf(change));
    if (own === undefined) titles.set(titleOf(change), [change]);
    else own.push(change);
  }
  return titles;
}

const signs = { added: "+", removed: "-", changed: "~" } as const;

export function holdingText({ change, id, details, raised, riskLowered }: HoldingChange): string {
  const marks = [...(raised === true ? ["raised"] : []), ...(riskLowered === true ? ["said to do less harm"] : [])];
  const mark = marks.length === 0 ? "" : ` (${marks.join(", ")})`;
  return `${signs[change]} ${id}${mark}${details.length === 0 ? "" : `  ${details.join("; ")}`}`;
}

export function jsonReport(diff: PolicyDiff, met: readonly Met[]): string {
  const { changes, callers, targets, before, after, holdings, notCompared } = diff;
  const sides = (sided: PolicyDiff["callers"] | PolicyDiff["targets"]) => ({
    added: sided.added,
    removed: sided.removed,
    changed: sided.changed,
  });
  const ordered = JSON.parse(
    canonical({
      ...{ before, after, holdings, notCompared },
      changes: changes.map(({ blocks, ...change }) => ({
        ...change,
        blocks: blocks.map(({ callers, targets }) => ({ callers, targets })),
      })),
      callers: sides(callers),
      targets: sides(targets),
    }),
  ) as object;
  return JSON.stringify({ ok: met.length === 0, ...ordered, failed: met.map((one) => ({ word: failText(one.failOn), met: one.met })) });
}
