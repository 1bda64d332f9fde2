import { sha256 } from "../core/digest.ts";
import type { ReasonCode } from "../core/reasons.ts";
import type { AimedCall, Call, Ending, IntendedCall, JudgedCall } from "./call.ts";
import type { CallAnswer, Exchange } from "./gateway.ts";
import { rfc3339 } from "./input.ts";
import type { Parts } from "./parts.ts";
import { refuseUnpinned } from "./pinned.ts";
import { headText, judgedText, type RecordHead, reasonsText } from "./record.ts";
import { hostReason, type ToldReason } from "./refusal.ts";

/** What records of this call begin with. */
export function recordHead(call: Call | AimedCall, kind: RecordHead["kind"]): RecordHead {
  const { exchange } = call;
  return {
    kind,
    id: call.id,
    now: kind === "outcome" ? call.parts.clock.now() : call.now,
    callerText: call.caller.recordText,
    bundleText: call.generation.bundleText,
    method: "tools/call",
    target: "target" in call ? call.target.id : nameAtDoor(exchange, call.request.tool),
    door: exchange.serverId ?? "aggregate",
    era: exchange.era,
    ...(exchange.session === undefined ? {} : { session: exchange.session.id }),
    ...(exchange.traceparent === undefined ? {} : { traceparent: exchange.traceparent }),
  };
}

const MAX_RECORDED_NAME = 200;

function nameAtDoor(exchange: Exchange, tool: string): string {
  const name = tool.slice(0, MAX_RECORDED_NAME);
  return exchange.serverId === undefined ? name : `${exchange.serverId}.${name}`;
}

/** Records a call that was not let through, then answers. A refusal that cannot be recorded says that instead. */
export async function recordRefusal(call: Call | JudgedCall, ending: Ending): Promise<CallAnswer> {
  const reasons = reasonsOf(ending);
  let text = headText(recordHead(call, "refusal"));
  if ("decision" in call) text += judgedText(call);
  text += `,"effect":"deny"${reasonsText(reasons)}}`;
  const recorded = await call.parts.log.append(text, "grouped");
  meter(call, ending, reasons);
  if (!recorded.ok) return answerOf(call, { kind: "refused", reasons: [hostReason("gateway.log_unavailable")] });
  return answerOf(call, ending);
}

function reasonsOf(ending: Ending): readonly ToldReason[] {
  if (ending.kind === "refused") return ending.reasons;
  return [ending.kind === "contradicted" ? hostReason("gateway.invalid_request", { detail: ending.detail }) : hostReason("tool.unknown")];
}

/** A call of a caller that no generation knows. */
export async function refuseUnpinnedCall(parts: Parts, exchange: Exchange, tool: string, code: ReasonCode): Promise<CallAnswer> {
  const now = parts.clock.now();
  const message = { kind: "refusal", method: "tools/call", id: parts.ids.decision(now), now, target: nameAtDoor(exchange, tool) } as const;
  return { kind: "refused", ...(await refuseUnpinned(parts, exchange, message, code)) };
}

/**
 * The one way out of a call whose intent is on record: settles the reservation, records the outcome, answers.
 * `charged` says whether the server may have acted; `actual` is what byte budgets really spent.
 */
export async function settle(
  call: IntendedCall,
  ending: Ending,
  spent: { readonly charged: boolean; readonly actual?: ReadonlyMap<string, number> },
  upstreamMs: number,
): Promise<CallAnswer> {
  const recorded = await call.parts.log.append(outcomeText(call, ending, spent.charged, upstreamMs), durabilityOf(call));
  settleReservation(call, spent);
  meter(call, ending, ending.kind === "refused" ? ending.reasons : []);
  if (recorded.ok) return answerOf(call, ending);
  return answerOf(call, {
    kind: "refused",
    reasons: [hostReason(spent.charged ? "gateway.outcome_unrecorded" : "gateway.log_unavailable")],
  });
}

function durabilityOf(call: IntendedCall) {
  return call.target.readOnly ? call.parts.durability.read : call.parts.durability.other;
}

/**
 * Not waited for: the hold was marked dispatched, so if this never arrives its expiry spends it. A refund that gets lost
 * only leaves the caller with less, never with more.
 */
function settleReservation(call: IntendedCall, spent: { readonly charged: boolean; readonly actual?: ReadonlyMap<string, number> }): void {
  if (!call.reservation) return;
  const { ledger, clock, logger } = call.parts;
  const { id } = call.reservation;
  const settled = spent.charged ? ledger.commit(id, clock.now(), spent.actual) : ledger.refund(id, clock.now());
  settled.then(
    (outcome) => {
      if (!outcome.ok) logger.warn({ reservation: id, code: outcome.error.code }, "a reservation is left to its expiry");
    },
    (error: unknown) => logger.error({ reservation: id, error: String(error) }, "settling a reservation failed"),
  );
}

function outcomeText(call: IntendedCall, ending: Ending, charged: boolean, upstreamMs: number): string {
  let text = `${headText(recordHead(call, "outcome"))},"effect":"${effectOf(ending)}"`;
  if (ending.kind === "refused") text += reasonsText(ending.reasons);
  if (ending.kind === "result") text += `,"result_digest":"${sha256(ending.text)}","is_error":${isError(ending)}`;
  if (ending.kind === "error") text += `,"error_code":${ending.error.code}`;
  if ("reply" in ending)
    text += `,"upstream":{"status":${ending.reply.status},"ms":${upstreamMs.toFixed(2)},"bytes":${ending.reply.bytes}}`;
  else text += `,"upstream":{"ms":${upstreamMs.toFixed(2)}}`;
  if (call.reservation) text += `,"reservation":{"id":"${call.reservation.id}","state":"${charged ? "committed" : "refunded"}"}`;
  return `${text},"intent_time":"${rfc3339(call.now)}"}`;
}

function isError(ending: Ending & { kind: "result" }): boolean {
  return ending.reply.outcome.kind === "result" && ending.reply.outcome.result.isError === true;
}

function effectOf(ending: Ending): string {
  if (ending.kind === "refused" || ending.kind === "unknown" || ending.kind === "contradicted") return "deny";
  return ending.kind === "cancelled" ? "cancelled" : "allow";
}

function meter(call: Call | AimedCall, ending: Ending, reasons: readonly ToldReason[]): void {
  call.parts.meter.ended("tools/call", effectOf(ending), "target" in call ? call.target.server.id : "_unknown");
  for (const { code } of reasons) call.parts.meter.reason(code);
}

function answerOf(call: Call, ending: Ending): CallAnswer {
  const decisionId = call.id;
  switch (ending.kind) {
    case "unknown":
      return { kind: "unknown", decisionId };
    case "contradicted":
      return { kind: "contradicted", detail: ending.detail, decisionId };
    case "cancelled":
      return { kind: "cancelled", decisionId };
    case "result":
      return { kind: "result", text: ending.text, decisionId };
    case "error":
      return { kind: "error", ...ending.error, decisionId };
    case "refused":
      return {
        kind: "refused",
        effect: "deny",
        decisionId,
        reasons: ending.reasons,
        ...(ending.retryAfterMs === undefined ? {} : { retryAfterMs: ending.retryAfterMs }),
      };
  }
}
