import type { Obligation } from "../../core/decision.ts";
import type { AccessCell } from "../access/index.ts";
import { allHours, bothHours, type Hours, isWithin, type Met, whenMet } from "../words/index.ts";
import { type Invariant, windowOf } from "./language.ts";

/**
 * What one cell says of a statement.
 * `proven`: it holds, whatever the arguments are. `sampled`: it holds for the sample call, and rules look at arguments.
 * `fails`: it does not hold. `not_shown`: the table does not tell, which counts as failing.
 */
export type Judgement = "proven" | "sampled" | "not_shown" | "fails";

export interface Judged {
  readonly judgement: Judgement;
  /** Why it fails or is not shown. */
  readonly why?: string;
  /** What a caller meets there, so that a moment can be found at which it does. */
  readonly meets?: ReadonlySet<Met>;
}

const proven: Judged = { judgement: "proven" };
const sampled: Judged = { judgement: "sampled" };
const listed: ReadonlySet<Met> = new Set(["allow", "ask", "deny"]);
const callable: ReadonlySet<Met> = new Set(["allow", "ask"]);

/** The judge of a statement, for every pair of a caller and a target that it is about. */
export function judgeOf(invariant: Invariant): (cell: AccessCell) => Judged {
  const window = windowOf(invariant) ?? allHours;
  const { always } = invariant;
  if (invariant.may !== undefined) return (cell) => judgeMay(cell, window);
  if (always === undefined || always === "closed") return (cell) => judgeNever(cell, window);
  if (always === "unknown") {
    return ({ state }) => (state === "unknown" ? proven : { judgement: "fails", why: `it is ${state}` });
  }
  const demand = always === "ask" ? ask : "budget" in always ? budget(always.budget) : approval(always.approval);
  return (cell) => judgeCalls(cell, demand);
}

/** Listed is reached: that some argument passes is what lists promise. */
function judgeNever(cell: AccessCell, window: Hours): Judged {
  if (cell.state !== "open") return proven;
  const { certain, possible } = whenMet(cell, listed);
  const meets = listed;
  if (window === allHours || bothHours(certain, window).length > 0) return { judgement: "fails", why: "it can be reached", meets };
  if (bothHours(possible, window).length === 0) return proven;
  return { judgement: "not_shown", why: "it is open at some hours that the table does not name", meets };
}

function judgeMay(cell: AccessCell, window: Hours): Judged {
  if (cell.state !== "open") return { judgement: "fails", why: `it is ${cell.state}` };
  const { certain, possible } = whenMet(cell, callable);
  // Without hours it is enough to reach it at some.
  const enough = window === allHours ? possible.length > 0 : isWithin(window, certain);
  if (enough) return proven;
  if (cell.effect === "deny" && possible.length === 0) {
    if (!cell.sampled) return { judgement: "not_shown", why: "the catalog has no sample call of it, and one without arguments is refused" };
    return { judgement: "fails", why: "its sample call is refused" };
  }
  return { judgement: "fails", why: `it can be used ${cell.conditions.when ?? "at no hour"} only` };
}

/** What each call that is let through must meet. */
interface Demand {
  readonly why: string;
  /** Effects that do not meet it, whatever else is asked. */
  readonly wrong: ReadonlySet<Met>;
  readonly obligation?: (obligation: Obligation) => boolean;
}

const ask: Demand = { why: "a call is let through without asking anybody", wrong: new Set(["allow"]) };

const approval = (group: string): Demand => ({
  why: `a call is let through without an approval by ${group}`,
  wrong: new Set(["allow"]),
  obligation: (one) => one.type === "approve" && one.group === group,
});

const budget = (name: string): Demand => ({
  why: `a call is let through that spends nothing from ${name}`,
  wrong: new Set(),
  obligation: (one) => one.type === "budget" && one.name === name && one.cost !== 0,
});

const notTold = "what a call meets changes with the hour, and the table tells the obligations of one moment";
const noSample = "rules look at the arguments, and the catalog has no sample call";

function judgeCalls(cell: AccessCell, { why, wrong, obligation }: Demand): Judged {
  if (cell.state !== "open") return proven;
  const { obligations, sampled: hasSample, effect = "deny" } = cell;
  const { arguments: byArguments, otherwise = [] } = cell.conditions;
  const passes = callable.has(effect);
  const wrongNow = passes && (wrong.has(effect) || (obligation !== undefined && !obligations.some(obligation)));
  if (wrongNow || otherwise.some((met) => wrong.has(met))) {
    // Without a sample the call that was judged has no arguments, and may be none that a server would ever get.
    if (byArguments && !hasSample) return { judgement: "not_shown", why: noSample };
    return { judgement: "fails", why, meets: wrongNow ? new Set([effect]) : wrong };
  }
  if (obligation !== undefined && otherwise.some((met) => callable.has(met)))
    return { judgement: "not_shown", why: notTold, meets: callable };
  if (!byArguments) return proven;
  if (!passes) return { judgement: "not_shown", why: "its sample call is refused, and other arguments may pass" };
  return hasSample ? sampled : { judgement: "not_shown", why: noSample };
}
