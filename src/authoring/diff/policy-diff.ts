import type { AccessCaller, AccessTarget } from "../access/index.ts";
import { callerKey, listed, type Place, type Places, placeText, targetKey, tellCallers, tellTargets } from "../words/index.ts";
import { accessDiff, type RawGroup, type RawPair, type Sided } from "./access-diff.ts";
import { type Aspect, aspects } from "./aspects.ts";
import { type HoldingChange, holdingChanges } from "./holdings-diff.ts";
import type { DiffSide } from "./side.ts";

/** What a change of policies does, in terms of access. */
export interface PolicyDiff {
  readonly before: string;
  readonly after: string;
  readonly changes: readonly AccessChange[];
  readonly holdings: readonly HoldingChange[];
  readonly callers: Sided<AccessCaller>;
  readonly targets: Sided<AccessTarget>;
  /** Effects of each target, as either side tells them. */
  effectsOf(target: AccessTarget): readonly string[];
  /** What the comparison cannot see. */
  readonly notCompared: readonly string[];
}

/** Cells that changed alike. */
export interface AccessChange {
  readonly aspect: Aspect;
  readonly detail: string;
  /** How many pairs of a caller and a target. */
  readonly cells: number;
  readonly blocks: readonly Block[];
  /** Of a gain what permits it, of a loss what is in its way or what permitted it before. */
  readonly because: readonly Cause[];
}

/** Every one of the callers for every one of the targets. */
export interface Block {
  readonly callers: readonly AccessCaller[];
  readonly targets: readonly AccessTarget[];
  readonly callersText: readonly string[];
  readonly targetsText: string;
}

export interface Cause {
  /** In words, e.g. `role finance`, `refunds.closed`. */
  readonly text: string;
  readonly place?: Place;
}

const notCompared = [
  "results: what is redacted or withheld depends on what a server answers",
  "calls with other arguments than the catalog's samples: where rules look at the arguments, and changed, they may be decided otherwise",
  "settings and custom data, except where they change what is told above",
  "questions of servers, completions and methods of extensions",
];

/** Compares two policies. The tables must have been asked about the same groups, kinds and moment. */
export function diffPolicies(before: DiffSide, after: DiffSide): PolicyDiff {
  const { groups, callers, targets } = accessDiff(before.table, after.table);
  const effects = effectsOf(before.table.targets, after.table.targets);
  const facts = [...new Set(groups.flatMap(({ pairs }) => pairs.flatMap((pair) => pair.after.conditions.facts)))].sort();
  const untried = facts.length === 0 ? [] : [`callers who differ by what was not tried: ${facts.join(", ")}`];
  return {
    before: before.name,
    after: after.name,
    changes: groups.map((group) => ({
      aspect: group.aspect,
      detail: group.detail,
      cells: group.pairs.length,
      blocks: blocksOf(group, callers.all, targets.all),
      because: causesOf(group, before.places, after.places),
    })),
    holdings: holdingChanges(before.holdings, after.holdings),
    callers,
    targets,
    effectsOf: (target) => effects.get(targetKey(target)) ?? [],
    notCompared: [...notCompared, ...untried],
  };
}

/** Whether the two are the same in all that was compared. */
export function isUnchanged({ changes, holdings, callers, targets }: PolicyDiff): boolean {
  const lists = [changes, holdings, ...[callers, targets].flatMap(({ added, removed, changed }) => [added, removed, changed])];
  return lists.every((list) => list.length === 0);
}

function effectsOf(...sides: readonly (readonly AccessTarget[])[]): ReadonlyMap<string, readonly string[]> {
  const effects = new Map<string, readonly string[]>();
  for (const target of sides.flat()) effects.set(targetKey(target), [...(effects.get(targetKey(target)) ?? []), ...target.effects]);
  return effects;
}

function blocksOf({ pairs }: RawGroup, allCallers: readonly AccessCaller[], allTargets: readonly AccessTarget[]): readonly Block[] {
  const targetsOf = new Map<string, { readonly caller: AccessCaller; readonly targets: AccessTarget[] }>();
  for (const { caller, target } of pairs) {
    const own = targetsOf.get(callerKey(caller));
    if (own === undefined) targetsOf.set(callerKey(caller), { caller, targets: [target] });
    else own.targets.push(target);
  }
  const blocks = new Map<string, { readonly callers: AccessCaller[]; readonly targets: readonly AccessTarget[] }>();
  for (const { caller, targets } of targetsOf.values()) {
    const key = targets.map(targetKey).join("\n");
    const block = blocks.get(key);
    if (block === undefined) blocks.set(key, { callers: [caller], targets });
    else block.callers.push(caller);
  }
  return [...blocks.values()].map(({ callers, targets }) => ({
    callers,
    targets,
    callersText: tellCallers(callers, allCallers),
    targetsText: tellTargets(targets, allTargets),
  }));
}

function causesOf({ aspect, pairs }: RawGroup, before: Places, after: Places): readonly Cause[] {
  const causes = new Map<string, Cause>();
  for (const pair of pairs) {
    for (const cause of aspect === "loss" || aspect === "hidden" ? lossCauses(pair, before, after) : permitCauses(pair, after)) {
      causes.set(`${cause.text} ${placeText(cause.place)}`, cause);
    }
  }
  return [...causes.values()].sort((a, b) => (a.text < b.text ? -1 : 1));
}

function permitCauses({ after }: RawPair, places: Places): readonly Cause[] {
  return after.permits.map((permit) => permitCause(permit, places));
}

function permitCause(permit: { readonly rule: string; readonly id: string }, places: Places): Cause {
  const text = permit.rule === "role" ? `role ${permit.id}` : `permit "${permit.id}" of policy.${permit.rule}`;
  return placed(text, places.permit(permit));
}

/** A permit that is gone is where it was before; what closes it now is in the new policies. */
function lossCauses({ before, after }: RawPair, old: Places, now: Places): readonly Cause[] {
  if (after.reasons.length > 0) {
    return after.reasons.map((reason) => placed(`${reason.code} of policy.${reason.rule}`, now.reason(reason)));
  }
  const gone = before.permits.filter(({ rule, id }) => !after.permits.some((other) => other.rule === rule && other.id === id));
  return gone.map((permit) => {
    const { text, place } = permitCause(permit, old);
    return placed(`no permit any more from ${text}`, place);
  });
}

function placed(text: string, place: Place | undefined): Cause {
  return place === undefined ? { text } : { text, place };
}

export function titleOf({ aspect }: AccessChange): string {
  return aspects[aspect].title;
}

export function causeText({ text, place }: Cause): string {
  return place === undefined ? text : `${text} (${placeText(place)})`;
}

export function causesText(because: readonly Cause[], most = 4): string {
  return listed(because.map(causeText), most);
}
