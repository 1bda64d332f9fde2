import type { Decision } from "../../core/decision.ts";
import type { RehearsedTarget } from "../../gateway/index.ts";
import type { AccessTarget } from "../access/index.ts";
import { allHours, bothHours, type Hours } from "../words/index.ts";
import type { Workbench } from "../workbench/index.ts";
import type { CounterExample } from "./prove.ts";

/** A counter-example as a call that can be made again. */
export interface Reproduced {
  /** ISO time. */
  readonly at: string;
  readonly effect: Decision["effect"];
  readonly known: boolean;
  readonly permits: Decision["permits"];
  readonly reasons: Decision["reasons"];
  readonly obligations: Decision["obligations"];
  /** `toolgate.input/v1`, whole. */
  readonly input: unknown;
  /** A golden case in the short form that wants what the invariant wants; absent where nothing short says it. */
  readonly goldenCase?: Readonly<Record<string, unknown>>;
}

export interface ReproduceOptions {
  /** Unix milliseconds: the moment that is tried first. */
  readonly at: number;
  /** The hours that the statement is about. */
  readonly window: Hours | undefined;
  readonly name: string;
  /** What a golden case wants, in a word. */
  readonly want: string;
}

const HALF_HOUR_MS = 1_800_000;
/** A week and a day: an hour that daylight saving leaves out stands in the next. */
const HALF_HOURS = 8 * 48;
/** Whoever asks for a user who is nobody in particular. */
const SOMEBODY = "somebody";

/** Finds a moment at which it happens, and asks again then. Undefined if it does not happen at any half-hour of the week to come. */
export async function reproduce(
  workbench: Workbench,
  { caller, target, meets }: CounterExample,
  { at, window, name, want }: ReproduceOptions,
): Promise<Reproduced | undefined> {
  const { rehearsal, data } = workbench;
  const aim = aimOf(workbench, target);
  const { agent, kind, groups } = caller;
  const who = { agent, kind, ...(groups && { user: { id: SOMEBODY, groups } }) };
  if (aim === undefined) return undefined;
  const sample = target.kind === "tool" ? data.catalog.tools[target.server]?.[nameIn(target)]?.sample?.args : undefined;
  const clock = minuteTeller(rehearsal.catalog.timezone);
  const first = Math.ceil(at / HALF_HOUR_MS) * HALF_HOUR_MS;
  for (let half = -1; half < HALF_HOURS; half++) {
    const now = half < 0 ? at : first + half * HALF_HOUR_MS;
    if (window !== undefined && !has(window, clock(now))) continue;
    const rehearsed = rehearsal.caller(who, now);
    if (!rehearsed.ok) continue;
    const call = { now, ...(sample !== undefined && { args: sample }) };
    if (meets !== undefined && !(await rehearsal.discover(rehearsed.value, [aim], now)).includes(true)) continue;
    const { effect, known, permits, reasons, obligations } = await rehearsal.decide(rehearsed.value, aim, call);
    if (meets !== undefined && !meets.has(effect)) continue;
    const input: unknown = JSON.parse(rehearsal.callInput(rehearsed.value, aim, call));
    const instant = new Date(now).toISOString();
    const as = { agent, ...(groups ? { user: SOMEBODY, groups } : { kind }) };
    const verb = target.kind === "tool" ? { call: target.id } : target.kind === "prompt" ? { prompt: target.id } : undefined;
    const goldenCase = verb && { name, as, at: instant, ...verb, ...(sample !== undefined && { args: sample }), want };
    return { at: instant, effect, known, permits, reasons, obligations, input, ...(goldenCase && { goldenCase }) };
  }
  return undefined;
}

function aimOf({ rehearsal: { targets } }: Workbench, target: AccessTarget): RehearsedTarget | undefined {
  if (target.kind === "tool") return targets.tools.get(target.id);
  if (target.kind === "prompt") return targets.prompts.get(target.id);
  return targets.byServer.get(target.server)?.entries.get(nameIn(target));
}

function nameIn({ id, server }: AccessTarget): string {
  return id.slice(server.length + 1);
}

function has(hours: Hours, minute: number): boolean {
  return hours === allHours || bothHours(hours, [[minute, minute + 1]]).length > 0;
}

/** The minute of the week, from Monday, in a zone. */
function minuteTeller(timezone: string): (instant: number) => number {
  const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
  const format = new Intl.DateTimeFormat("en-GB", {
    ...{ timeZone: timezone, weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  });
  return (instant) => {
    const parts = new Map(format.formatToParts(instant).map(({ type, value }) => [type, value]));
    return days.indexOf(parts.get("weekday") ?? "") * 1440 + Number(parts.get("hour")) * 60 + Number(parts.get("minute"));
  };
}
