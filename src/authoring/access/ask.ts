import { setImmediate } from "node:timers/promises";
import type { Decision } from "../../core/decision.ts";
import type { Rehearsal, Rehearsed } from "../../gateway/index.ts";
import type { AccessCell, AccessConditions } from "./access.ts";
import type { LibraryFacts } from "./classes.ts";
import type { Facts, Judges } from "./judges.ts";
import type { Moments } from "./moments.ts";
import type { ReadyTarget } from "./wanted-targets.ts";
import { whenText } from "./when.ts";

/** What is asked about the targets of one group, and what is known of it before. */
export interface Questions {
  readonly rehearsal: Rehearsal;
  readonly judges: Judges;
  readonly moments: Moments;
  readonly targets: readonly ReadyTarget[];
  /** By target, the roles that grant it. */
  readonly grants: readonly (readonly string[])[];
  /** By target, whether a call is judged or charged by its arguments. */
  readonly arguments: readonly boolean[];
  /** What follows from roles alone, by caller's and target's. */
  readonly byRoles: Map<string, Decision>;
}

interface Caller {
  readonly rehearsed: Rehearsed;
  readonly library: LibraryFacts;
  readonly user: boolean;
}

/** Each target for one caller, in order. */
export async function askAll(questions: Questions, caller: Caller): Promise<readonly AccessCell[]> {
  const { rehearsal, moments, targets } = questions;
  const asked = targets.map((target) => target.asked);
  const open: (readonly boolean[])[] = [];
  for (const instant of moments.instants) open.push(await rehearsal.discover(caller.rehearsed, asked, instant));
  const cells: AccessCell[] = [];
  for (const at of targets.keys()) {
    const openAt = open.map((ofInstant) => ofInstant[at] === true);
    cells.push(openAt.includes(true) ? await openCell(questions, caller, at, openAt) : await shutCell(questions, caller, at));
    // Answers of the evaluator's threads, and their time limits, wait while decisions are made here.
    if (at % 64 === 63) await setImmediate();
  }
  return cells;
}

function decide({ rehearsal, targets, moments }: Questions, { rehearsed }: Caller, at: number, moment: number): Promise<Decision> {
  const target = targets[at];
  const now = moments.instants[moment];
  if (target === undefined || now === undefined) throw new Error(`no target ${at} or moment ${moment}`);
  return rehearsal.decide(rehearsed, target.asked, { now, ...(target.sample !== undefined && { args: target.sample }) });
}

async function shutCell(questions: Questions, caller: Caller, at: number): Promise<AccessCell> {
  const { judges, moments } = questions;
  const key = `shut ${caller.library.key} ${questions.grants[at]}`;
  let decision = questions.byRoles.get(key) ?? (await decide(questions, caller, at, 0));
  // Without a reason nothing hides it, so it is not permitted. Where no rule permits, that holds for all of these roles.
  const roleless = !decision.known && (decision.reasons.length === 0 || (!judges.permit && !rolesSuffice(questions, caller, at)));
  if (roleless && !judges.permit) questions.byRoles.set(key, decision);
  if (!decision.known && (judges.permitByClock || !roleless)) {
    for (let moment = 1; moment < moments.instants.length && !decision.known; moment++) {
      decision = await decide(questions, caller, at, moment);
    }
  }
  const { known, permits, reasons } = decision;
  const told = { permits, reasons: known ? reasons : [], obligations: [], sampled: false };
  const conditions = conditionsOf(questions, caller, at);
  // What only denies makes nothing known, unless it is a denial that hides.
  const facts = roleless && !known ? factsFor(judges.permitFacts, caller) : conditions.facts;
  return { state: known ? "closed" : "unknown", ...told, conditions: { ...conditions, facts } };
}

/** Whether each side holds a role that grants it. */
function rolesSuffice({ grants }: Questions, { library }: Caller, at: number): boolean {
  return library.sides.every((held) => grants[at]?.some((role) => held.has(role)) === true);
}

async function openCell(questions: Questions, caller: Caller, at: number, openAt: readonly boolean[]): Promise<AccessCell> {
  const { judges, targets } = questions;
  const first = openAt.indexOf(true);
  const byRoles = !judges.permit && !judges.judgeCalls;
  const key = `open ${caller.library.key} ${questions.grants[at]}`;
  const decision = (byRoles ? questions.byRoles.get(key) : undefined) ?? (await decide(questions, caller, at, first));
  if (byRoles) questions.byRoles.set(key, decision);
  const { effect, permits, reasons, obligations } = decision;
  const varies = await variation(questions, caller, at, openAt, decision);
  const sampled = targets[at]?.sample !== undefined;
  return {
    state: "open",
    effect,
    sampled,
    permits,
    reasons,
    obligations,
    conditions: { ...conditionsOf(questions, caller, at), ...varies },
  };
}

type Otherwise = NonNullable<AccessConditions["otherwise"]>[number];
const order: readonly Otherwise[] = ["unknown", "closed", "allow", "ask", "deny"];

/** When it is as the first open moment says, and what it is at the others; nothing where that is always. */
async function variation(
  questions: Questions,
  caller: Caller,
  at: number,
  openAt: readonly boolean[],
  first: Decision,
): Promise<Pick<AccessConditions, "when" | "otherwise">> {
  const { judges, moments } = questions;
  if (openAt.length === 1 || (!judges.callsByClock && !openAt.includes(false))) return {};
  const said = signatureOf(first);
  const as: boolean[] = [];
  const otherwise = new Set<Otherwise>();
  for (const [moment, open] of openAt.entries()) {
    const alike = open && !judges.callsByClock;
    const decision = alike ? first : await decide(questions, caller, at, moment);
    as.push(open && (alike || signatureOf(decision) === said));
    if (as[moment] === false) otherwise.add(open ? decision.effect : decision.known ? "closed" : "unknown");
  }
  if (otherwise.size === 0) return {};
  const when = whenText(moments.week.map((moment) => as[moment] === true)) ?? "at the moment asked about, and at no full or half hour";
  return { when, otherwise: order.filter((one) => otherwise.has(one)) };
}

/** What a call meets; messages may name the hour. */
function signatureOf({ effect, obligations, reasons }: Decision): string {
  return JSON.stringify([effect, obligations, reasons.map(({ rule, code }) => [rule, code])]);
}

function conditionsOf({ judges: { facts }, arguments: judged }: Questions, caller: Caller, at: number): AccessConditions {
  return { arguments: judged[at] === true, facts: factsFor(facts, caller) };
}

function factsFor({ user, alone }: Facts, caller: Caller): readonly string[] {
  return caller.user ? user : alone;
}
