import type { Obligation } from "../../core/decision.ts";
import type { AccessCell } from "../access/index.ts";
import { bothHours, isWithin, type Met, whenMet } from "../words/index.ts";
import type { Aspect } from "./aspects.ts";
import { canonical } from "./canonical.ts";

export interface CellChange {
  readonly aspect: Aspect;
  /** What changed, in words; cells that changed alike say the same. */
  readonly detail: string;
}

/** A caller or target that only one side has. */
export const unknownCell: AccessCell = {
  state: "unknown",
  sampled: false,
  permits: [],
  reasons: [],
  obligations: [],
  conditions: { arguments: false, facts: [] },
};

/** What differs between two cells. Empty exactly if they say the same. */
export function cellChanges(before: AccessCell, after: AccessCell): readonly CellChange[] {
  if (cellText(before) === cellText(after)) return [];
  const changes = before.state === "open" || after.state === "open" ? openChanges(before, after) : shutChanges(before, after);
  return changes.length > 0 ? changes : [{ aspect: "otherwise", detail: otherwise(before, after) }];
}

/** A cell as text; lists whose order says nothing are sorted. */
export function cellText({ permits, reasons, obligations, ...rest }: AccessCell): string {
  const sorted = (list: readonly object[]): readonly string[] => list.map(canonical).sort();
  return canonical({ ...rest, permits: sorted(permits), reasons: sorted(reasons), obligations: sorted(obligations) });
}

function openChanges(before: AccessCell, after: AccessCell): readonly CellChange[] {
  if (before.state !== after.state) {
    return [{ aspect: after.state === "open" ? "gain" : "loss", detail: `${stateText(before)} -> ${stateText(after)}` }];
  }
  const changes = levelChanges(before, after);
  if (letThrough(before) === letThrough(after)) {
    changes.push(...approvalChanges(before, after), ...budgetChanges(before, after), ...limitChanges(before, after));
  }
  return [...changes, ...conditionChanges(before, after, ["fewer-conditions", "more-conditions"])];
}

function shutChanges(before: AccessCell, after: AccessCell): readonly CellChange[] {
  const changes = conditionChanges(before, after, ["may-close", "may-open"]);
  if (before.state === after.state) return changes;
  return [{ aspect: after.state === "closed" ? "known" : "hidden", detail: `${before.state} -> ${after.state}` }, ...changes];
}

const listed: ReadonlySet<Met> = new Set(["allow", "ask", "deny"]);
const through: ReadonlySet<Met> = new Set(["allow", "ask"]);
const asked: ReadonlySet<Met> = new Set(["ask"]);
const free: ReadonlySet<Met> = new Set(["allow"]);

/** What a caller meets, hour by hour. Where a table does not tell which hour, the change may be there and is told. */
function levelChanges(before: AccessCell, after: AccessCell): CellChange[] {
  const level = ({ effect, conditions: { when, otherwise } }: AccessCell) => canonical([effect, when, otherwise]);
  if (level(before) === level(after)) return [];
  const detail = `${stateText(before)} -> ${stateText(after)}`;
  const grows = (old: AccessCell, now: AccessCell) =>
    [listed, through].some((states) => !isWithin(whenMet(now, states).possible, whenMet(old, states).certain));
  const frees = (old: AccessCell, now: AccessCell) => bothHours(whenMet(old, asked).possible, whenMet(now, free).possible).length > 0;
  const changes: CellChange[] = [];
  if (grows(before, after)) changes.push({ aspect: "gain", detail });
  if (grows(after, before)) changes.push({ aspect: "loss", detail });
  if (frees(before, after)) changes.push({ aspect: "approval-removed", detail });
  if (frees(after, before)) changes.push({ aspect: "approval-added", detail });
  return changes;
}

const letThrough = ({ effect }: AccessCell): boolean => effect === "allow" || effect === "ask";

/** Several of one group: each needs its own number of people, so the most are needed, and the shortest time holds. */
function approvalChanges(before: AccessCell, after: AccessCell): readonly CellChange[] {
  const [was, is] = [approvalsOf(before), approvalsOf(after)];
  const changes: CellChange[] = [];
  if (before.effect !== after.effect) return changes; // told by the hours
  for (const group of union(was, is)) {
    const [old, now] = [was.get(group), is.get(group)];
    const detail = `approval by ${group}: ${approvalText(old)} -> ${approvalText(now)}`;
    if (old && (now === undefined || now.min < old.min || now.ttl_s > old.ttl_s)) changes.push({ aspect: "approval-removed", detail });
    if (now && (old === undefined || now.min > old.min || now.ttl_s < old.ttl_s)) changes.push({ aspect: "approval-added", detail });
  }
  return changes;
}

interface Approval {
  readonly min: number;
  readonly ttl_s: number;
}

function approvalsOf({ obligations }: AccessCell): ReadonlyMap<string, Approval> {
  const approvals = new Map<string, Approval>();
  for (const one of obligations) {
    if (one.type !== "approve") continue;
    const known = approvals.get(one.group) ?? one;
    approvals.set(one.group, { min: Math.max(known.min, one.min), ttl_s: Math.min(known.ttl_s, one.ttl_s) });
  }
  return approvals;
}

function approvalText(approval: Approval | undefined): string {
  return approval === undefined ? "none" : `${approval.min} within ${approval.ttl_s} s`;
}

/** Of one name the largest cost counts. */
function budgetChanges(before: AccessCell, after: AccessCell): readonly CellChange[] {
  const costs = ({ obligations }: AccessCell) =>
    numbersOf(obligations, (one) => (one.type === "budget" ? [[one.name, one.cost]] : []), Math.max);
  return numberChanges(costs(before), costs(after), (name) => `budget ${name}, cost`, ["budget-imposed", "budget-lifted"]);
}

/** The smallest counts; what is absent has no limit. A log obligation is a limit of what goes unnoticed. */
function limitChanges(before: AccessCell, after: AccessCell): readonly CellChange[] {
  const smallest = ({ obligations }: AccessCell) => numbersOf(obligations, limitsOf, Math.min);
  const logs = ({ obligations }: AccessCell) =>
    numbersOf(obligations, (one) => (one.type === "log" ? [[`log ${one.level}`, 1]] : []), Math.max);
  return [
    ...numberChanges(smallest(before), smallest(after), (name) => name, ["limit-raised", "limit-lowered"], Number.POSITIVE_INFINITY),
    ...numberChanges(logs(before), logs(after), (name) => name, ["limit-lowered", "limit-raised"]),
  ];
}

function limitsOf(one: Obligation): readonly (readonly [string, number])[] {
  if (one.type === "timeout") return [["time-out in ms", one.ms]];
  if (one.type !== "limit_result") return [];
  const { bytes, items } = one;
  return [
    ...(bytes === undefined ? [] : [["bytes of a result", bytes] as const]),
    ...(items === undefined ? [] : [["items of a result", items] as const]),
  ];
}

function numbersOf(
  obligations: readonly Obligation[],
  read: (one: Obligation) => readonly (readonly [string, number])[],
  fold: (a: number, b: number) => number,
): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>();
  for (const [name, value] of obligations.flatMap(read)) numbers.set(name, fold(numbers.get(name) ?? value, value));
  return numbers;
}

function numberChanges(
  was: ReadonlyMap<string, number>,
  is: ReadonlyMap<string, number>,
  name: (key: string) => string,
  [more, less]: readonly [Aspect, Aspect],
  absent = Number.NEGATIVE_INFINITY,
): readonly CellChange[] {
  return union(was, is).flatMap((key) => {
    const [old, now] = [was.get(key), is.get(key)];
    if (old === now) return [];
    const aspect = (now ?? absent) > (old ?? absent) ? more : less;
    return [{ aspect, detail: `${name(key)}: ${old ?? "none"} -> ${now ?? "none"}` }];
  });
}

function conditionChanges(before: AccessCell, after: AccessCell, [fewer, more]: readonly [Aspect, Aspect]): CellChange[] {
  const [was, is] = [conditionsOf(before), conditionsOf(after)];
  const gone = was.filter((one) => !is.includes(one));
  const come = is.filter((one) => !was.includes(one));
  return [
    ...(gone.length === 0 ? [] : [{ aspect: fewer, detail: `no rule looks any more at: ${gone.join(", ")}` }]),
    ...(come.length === 0 ? [] : [{ aspect: more, detail: `rules look now at: ${come.join(", ")}` }]),
  ];
}

function conditionsOf({ conditions }: AccessCell): readonly string[] {
  return [...(conditions.arguments ? ["arguments"] : []), ...conditions.facts].sort();
}

function otherwise(before: AccessCell, after: AccessCell): string {
  const parts = (["permits", "reasons", "obligations"] as const).filter(
    (part) => cellText({ ...unknownCell, [part]: before[part] }) !== cellText({ ...unknownCell, [part]: after[part] }),
  );
  const half = "permits that do not suffice, neither before nor now";
  const words = {
    permits: after.state === "unknown" ? half : "permitted by others",
    reasons: "refused for other reasons",
    obligations: "obligations from other rules",
  };
  if (parts.length > 0) return parts.map((part) => words[part]).join(", ");
  return before.sampled === after.sampled
    ? "told otherwise"
    : after.sampled
      ? "the sample is judged now"
      : "the sample is not judged any more";
}

function stateText(cell: AccessCell): string {
  if (cell.state !== "open") return cell.state;
  const { when, otherwise = [] } = cell.conditions;
  const hours = when === undefined ? "" : ` ${when}`;
  const rest = otherwise.length === 0 ? "" : `, else ${otherwise.join(" or ")}`;
  return `open${hours}${cell.effect === "allow" ? "" : ` (the sample call: ${effectText(cell)})`}${rest}`;
}

function effectText({ effect, obligations }: AccessCell): string {
  if (effect === undefined) return "not judged";
  const groups = [...new Set(obligations.flatMap((one) => (one.type === "approve" ? [one.group] : [])))].sort();
  return effect === "ask" && groups.length > 0 ? `ask ${groups.join(", ")}` : effect;
}

function union(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): readonly string[] {
  return [...new Set([...a.keys(), ...b.keys()])].sort();
}
