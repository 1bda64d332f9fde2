import { andMore } from "../words/index.ts";
import { canonical } from "./canonical.ts";
import { type HoldingKind, type Holdings, holdingKinds } from "./side.ts";

/** What came, went or is other than before. */
export interface HoldingChange {
  readonly kind: HoldingKind;
  readonly id: string;
  readonly change: "added" | "removed" | "changed";
  /** Of what changed, member by member, e.g. `limit: 3 -> 10`. */
  readonly details: readonly string[];
  /** Of budgets: whether more can be spent, in any way or for anybody. */
  readonly raised?: boolean;
  /** Of tools: whether it is said to do less harm than before. */
  readonly riskLowered?: boolean;
  /** Of tools, on either side. */
  readonly effects?: readonly string[];
}

export function holdingChanges(before: Holdings, after: Holdings): readonly HoldingChange[] {
  return holdingKinds.flatMap((kind) => {
    const ids = [...new Set([...Object.keys(before[kind]), ...Object.keys(after[kind])])].sort();
    return ids.flatMap((id) => {
      const [old, now] = [own(before[kind], id), own(after[kind], id)];
      return canonical(old) === canonical(now) ? [] : [changeOf(kind, id, old, now)];
    });
  });
}

type Members = Readonly<Record<string, unknown>>;

function own(table: Readonly<Record<string, Members>>, id: string): Members | undefined {
  return Object.hasOwn(table, id) ? table[id] : undefined;
}

function changeOf(kind: HoldingKind, id: string, old: Members | undefined, now: Members | undefined): HoldingChange {
  const raised = kind === "budgets" && { raised: old !== undefined && now !== undefined && isRaised(old, now) };
  const effects = [...new Set([old?.effects, now?.effects].flatMap((list) => (isWords(list) ? list : [])))];
  const harm = kind === "tools" && { riskLowered: old !== undefined && now !== undefined && isLessRisky(old, now), effects };
  const change = old === undefined ? "added" : now === undefined ? "removed" : "changed";
  return { kind, id, change, details: old && now ? membersChanged(old, now) : [], ...raised, ...harm };
}

function membersChanged(old: Members, now: Members): readonly string[] {
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort();
  return names.flatMap((name) => {
    const [was, is] = [old[name], now[name]];
    return canonical(was) === canonical(is) ? [] : [`${name}: ${changeText(was, is)}`];
  });
}

const LONGEST = 60;

function changeText(was: unknown, is: unknown): string {
  if (isWords(was) && isWords(is)) {
    const come = is.filter((word) => !was.includes(word)).map((word) => `+${word}`);
    const gone = was.filter((word) => !is.includes(word)).map((word) => `-${word}`);
    return come.length + gone.length === 0 ? "in another order" : andMore([...come, ...gone], 8, "changes");
  }
  if (typeof was === "string" && typeof is === "string" && (was.includes("\n") || is.includes("\n"))) return linesText(was, is);
  const [old, now] = [canonical(was) ?? "none", canonical(is) ?? "none"];
  return old.length > LONGEST || now.length > LONGEST ? "changed" : `${old} -> ${now}`;
}

/** Lines that only one of the two has, as many times as it has them more. */
function linesText(was: string, is: string): string {
  const count = new Map<string, number>();
  for (const line of was.split("\n")) count.set(line, (count.get(line) ?? 0) - 1);
  for (const line of is.split("\n")) count.set(line, (count.get(line) ?? 0) + 1);
  const sum = (sign: 1 | -1) => [...count.values()].reduce((all, one) => all + Math.max(0, one * sign), 0);
  return `+${sum(1)} -${sum(-1)} lines`;
}

function isWords(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((word) => typeof word === "string");
}

/** Whether anything of it could let more through: a higher limit, a shorter or other window, one more dimension that counts apart. */
function isRaised(old: Members, now: Members): boolean {
  if (old.unit !== now.unit) return true;
  if (Number(now.limit) > Number(old.limit)) return true;
  const [was, is] = [windowOf(old), windowOf(now)];
  if (was.kind !== is.kind || is.seconds < was.seconds || is.burst > was.burst) return true;
  const [keys, before] = [now.per, old.per];
  return isWords(keys) && isWords(before) && keys.some((key) => !before.includes(key));
}

function windowOf({ window, limit }: Members): { readonly kind: unknown; readonly seconds: number; readonly burst: number } {
  const { kind, seconds, burst } = (typeof window === "object" && window !== null ? window : {}) as Members;
  return { kind, seconds: Number(seconds), burst: Number(burst ?? limit) };
}

const risks: readonly unknown[] = ["low", "medium", "high", "critical"];

/** Facts of the catalog decide which rules and invariants reach a tool: one fewer may be a way out of all of them. */
function isLessRisky(old: Members, now: Members): boolean {
  if (risks.indexOf(now.risk) < risks.indexOf(old.risk)) return true;
  if (old.idempotent === false && now.idempotent === true) return true;
  return (["effects", "data_classes"] as const).some((list) => {
    const [was, is] = [old[list], now[list]];
    return isWords(was) && isWords(is) && was.some((word) => !is.includes(word));
  });
}
