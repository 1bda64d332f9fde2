import { err, ok, type Result } from "../core/result.ts";
import type { BudgetExhausted, BudgetStoreDown, Level, Reservation } from "../parts/budgets/index.ts";
import type { Ending, IntendedCall, JudgedCall } from "./call.ts";
import { rfc3339 } from "./input.ts";
import { levelsOf } from "./levels.ts";
import { headText, judgedText, reservationsText } from "./record.ts";
import { hostReason } from "./refusal.ts";
import { recordHead } from "./settle.ts";

/** A hold outlives the deadline of its call by this much, so that the outcome settles it and not its expiry. */
const HOLD_MARGIN_MS = 10_000;

/**
 * Reserves every budget of the decision, then puts the intent on record. Without the record nothing stays held. The hold
 * is marked dispatched in the same round trip: a process that dies in between has spent it, never the reverse. The leg of
 * a parked call reserves nothing: what the call costs was spent when it was parked.
 */
export async function hold(call: JudgedCall): Promise<Result<IntendedCall, Ending>> {
  const levels =
    call.resumed?.kind === "parked" ? noLevels : levelsOf(call.decision.obligations, call.generation.catalog, call.caller, call.target);
  if (!levels.ok) return err({ kind: "refused", reasons: [hostReason("budget.unknown", { budget: levels.error.budget })] });
  const reserved = await reserve(call, levels.value);
  if (!reserved.ok) return reserved;
  const intended: IntendedCall = { ...call, reservation: reserved.value, levels: levels.value };
  const { log, durability, ledger, clock } = call.parts;
  const recorded = await log.append(intentText(intended), call.target.readOnly ? durability.read : durability.other);
  if (recorded.ok) return ok(intended);
  if (reserved.value) await ledger.refund(reserved.value.id, clock.now());
  return err({ kind: "refused", reasons: [hostReason("gateway.log_unavailable")] });
}

const noLevels = ok<readonly Level[]>([]);

async function reserve(call: JudgedCall, levels: readonly Level[]): Promise<Result<Reservation | undefined, Ending>> {
  if (levels.length === 0) return ok(undefined);
  const { ledger, ids } = call.parts;
  const deadline = call.now + timeoutOf(call) + HOLD_MARGIN_MS;
  const reserved = await ledger.reserve(ids.reservation(call.now), levels, call.now, deadline, { dispatched: true });
  return reserved.ok ? reserved : err(exhausted(reserved.error, call.now));
}

/** Why nothing could be reserved, as it is told. */
export function exhausted(error: BudgetExhausted | BudgetStoreDown, now: number): Ending & { readonly kind: "refused" } {
  if (error.code === "budget.unavailable") return { kind: "refused", reasons: [hostReason("budget.unavailable")] };
  const resetsAt = error.retryAt === undefined ? "it is raised" : rfc3339(error.retryAt);
  const reasons = [hostReason("budget.exhausted", { budget: error.budget, resetsAt })];
  return { kind: "refused", reasons, ...(error.retryAt === undefined ? {} : { retryAfterMs: Math.max(0, error.retryAt - now) }) };
}

/** Milliseconds: the smallest of what the server, the catalog and policy allow. */
export function timeoutOf(call: JudgedCall): number {
  let timeout = Math.min(call.target.server.timeoutMs, call.target.timeoutMs ?? Number.POSITIVE_INFINITY);
  for (const obligation of call.decision.obligations) if (obligation.type === "timeout") timeout = Math.min(timeout, obligation.ms);
  return timeout;
}

function intentText(call: IntendedCall): string {
  const head = headText(recordHead(call, "intent"));
  const judged = judgedText(call);
  const held = call.reservation ? reservationsText(call.reservation.id, call.reservation.levels) : "";
  return `${head}${judged}${held}}`;
}
