import { isDeepStrictEqual } from "node:util";
import type { EndedRollout, OperationsState, StagedBundle } from "../../core/operations.ts";
import type { Kept } from "./kept-state.ts";
import { MOST_ENDED } from "./state.ts";

// What holds when a replica and Redis know different states. In ordinary life Redis is ahead. After Redis lost what it had
// (restarted empty, or failed over to a copy that was behind) the replica is, or both went on apart. Whatever is decided
// here, no quarantine that either side knows of may fall out where it cannot be told that an operator lifted it.

export type Settled =
  | { readonly holds: "stored" }
  /** The replica's own state, or one that was made of both, goes in the place of what is stored. */
  | { readonly holds: "written"; readonly kept: Kept };

export function settle(own: Kept, stored: Kept, now: number): Settled {
  const ahead = own.state.version - stored.state.version;
  if (own.line === stored.line) {
    // Within one line the higher version came of the lower one, so what it does not have was lifted.
    if (ahead > 0) return { holds: "written", kept: own };
    if (ahead < 0 || isDeepStrictEqual(own.state, stored.state)) return { holds: "stored" };
  }
  // Of two lines, or two ends of one: nothing to do where the stored one has taken in the other already.
  if (ahead < 0 && covers(stored.state, own.state)) return { holds: "stored" };
  const [first, second] = ahead > 0 || (ahead === 0 && own.line > stored.line) ? [own, stored] : [stored, own];
  return { holds: "written", kept: { line: first.line, state: union(first.state, second.state, now) } };
}

function covers(state: OperationsState, other: OperationsState): boolean {
  const ids = new Set(state.quarantine.map(({ id }) => id));
  return other.quarantine.every(({ id }) => ids.has(id)) && (other.promoted?.sequence ?? 0) <= (state.promoted?.sequence ?? 0);
}

/** Fails closed: every quarantine of both, the higher floor, and no rollout, because nobody can tell what it compared. */
function union(first: OperationsState, second: OperationsState, now: number): OperationsState {
  const promoted = [first.promoted, second.promoted].filter((bundle) => bundle !== undefined).toSorted(higherFirst)[0];
  const held = [first.held, second.held].filter((bundle) => bundle !== undefined).toSorted(higherFirst)[0];
  const dropped = [first, second].flatMap(({ rollout }) => (rollout === undefined ? [] : [{ id: rollout.id, bundle: rollout.bundle }]));
  const ended = byId([
    ...first.ended,
    ...second.ended,
    ...dropped.map((rollout): EndedRollout => ({ ...rollout, end: "rolled_back", by: "gateway", at: now, why })),
  ]);
  return {
    version: Math.max(first.version, second.version) + 1,
    ...(promoted !== undefined && { promoted }),
    ...(held !== undefined && held.sequence > (promoted?.sequence ?? 0) && { held }),
    ended: ended.toSorted((one, other) => other.at - one.at).slice(0, MOST_ENDED),
    quarantine: byId([...first.quarantine, ...second.quarantine]),
  };
}

const why = "redis lost what it had, and replicas knew different states";

function higherFirst(one: StagedBundle, other: StagedBundle): number {
  return other.sequence - one.sequence;
}

/** The first of those with the same id. */
function byId<T extends { readonly id: string }>(entries: readonly T[]): readonly T[] {
  return [...new Map(entries.toReversed().map((entry) => [entry.id, entry])).values()].toReversed();
}
