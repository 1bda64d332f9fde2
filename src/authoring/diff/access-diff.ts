import type { AccessCaller, AccessCell, AccessTable, AccessTarget } from "../access/index.ts";
import { callerKey, targetKey } from "../words/index.ts";
import { type Aspect, aspectNames } from "./aspects.ts";
import { canonical } from "./canonical.ts";
import { type CellChange, cellChanges, unknownCell } from "./cell-changes.ts";

/** Cells that changed alike. */
export interface RawGroup {
  readonly aspect: Aspect;
  readonly detail: string;
  readonly pairs: readonly RawPair[];
}

export interface RawPair {
  readonly caller: AccessCaller;
  readonly target: AccessTarget;
  readonly before: AccessCell;
  readonly after: AccessCell;
}

export interface AccessDiff {
  readonly groups: readonly RawGroup[];
  /** Of both sides; where both have a target, as the new side tells it. */
  readonly callers: Sided<AccessCaller>;
  readonly targets: Sided<AccessTarget>;
}

export interface Sided<T> {
  readonly all: readonly T[];
  readonly added: readonly T[];
  readonly removed: readonly T[];
  /** What both have, told otherwise. */
  readonly changed: readonly T[];
}

/** Every cell of the one table against the same of the other. What only one side has is unknown on the other. */
export function accessDiff(before: AccessTable, after: AccessTable): AccessDiff {
  const callers = paired(before.callers, after.callers, callerKey);
  const targets = paired(before.targets, after.targets, targetKey);
  const groups = new Map<string, { readonly aspect: Aspect; readonly detail: string; readonly pairs: RawPair[] }>();
  const changesOf = remembered();
  for (const [oldCaller, newCaller] of callers) {
    for (const [oldTarget, newTarget] of targets) {
      const was = oldCaller && oldTarget ? before.cell(oldCaller, oldTarget) : unknownCell;
      const is = newCaller && newTarget ? after.cell(newCaller, newTarget) : unknownCell;
      const caller = newCaller ?? oldCaller;
      const target = newTarget ?? oldTarget;
      if (caller === undefined || target === undefined) continue;
      for (const { aspect, detail } of changesOf(was, is)) {
        const key = `${aspect} ${detail}`;
        const group = groups.get(key) ?? { aspect, detail, pairs: [] };
        group.pairs.push({ caller, target, before: was, after: is });
        groups.set(key, group);
      }
    }
  }
  const order = ({ aspect, pairs }: RawGroup) => aspectNames.indexOf(aspect) * 1e9 - pairs.length;
  return {
    groups: [...groups.values()].sort((a, b) => order(a) - order(b) || (a.detail < b.detail ? -1 : 1)),
    callers: sided(callers),
    targets: sided(targets),
  };
}

type Pair<T> = readonly [before: T | undefined, after: T | undefined];

function paired<T>(before: readonly T[], after: readonly T[], key: (item: T) => string): readonly Pair<T>[] {
  const own = new Map(before.map((item) => [key(item), item]));
  const others = new Set(after.map(key));
  const gone = before.filter((item) => !others.has(key(item)));
  return [...after.map((item) => [own.get(key(item)), item] as const), ...gone.map((item) => [item, undefined] as const)];
}

function sided<T>(pairs: readonly Pair<T>[]): Sided<T> {
  const present = (items: readonly (T | undefined)[]) => items.filter((item) => item !== undefined);
  return {
    all: present(pairs.map(([before, after]) => after ?? before)),
    added: present(pairs.filter(([before]) => before === undefined).map(([, after]) => after)),
    removed: present(pairs.filter(([, after]) => after === undefined).map(([before]) => before)),
    changed: present(pairs.filter(([before, after]) => before && after && !same(before, after)).map(([, after]) => after)),
  };
}

/** Callers with the same key are the same; of targets the facts may differ. */
function same(before: unknown, after: unknown): boolean {
  return canonical(before) === canonical(after);
}

/** A table repeats few cells many times: each pair of cells is compared once. */
function remembered(): (before: AccessCell, after: AccessCell) => readonly CellChange[] {
  const known = new WeakMap<AccessCell, WeakMap<AccessCell, readonly CellChange[]>>();
  return (before, after) => {
    if (before === after) return [];
    const own = known.get(before) ?? new WeakMap<AccessCell, readonly CellChange[]>();
    known.set(before, own);
    const changes = own.get(after) ?? cellChanges(before, after);
    own.set(after, changes);
    return changes;
  };
}
