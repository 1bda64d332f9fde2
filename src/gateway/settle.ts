import { sha256 } from "../core/digest.ts";
import type { ReasonCode } from "../core/reasons.ts";
import type { AimedCall, Call, CallRequest, Ending, IntendedCall, JudgedCall, Spent } from "./call.ts";
import type { Answer, Exchange } from "./gateway.ts";
import { rfc3339 } from "./input.ts";
import type { Parts } from "./parts.ts";
import { refuseUnpinned } from "./pinned.ts";
import { headText, judgedText, type RecordHead, reasonsText } from "./record.ts";
import { hostReason, type ToldReason } from "./refusal.ts";
import { methodOf, unknownCode, wantedName } from "./wanted.ts";

/** What records of this call begin with. */
export function recordHead(call: Call | AimedCall, kind: RecordHead["kind"]): RecordHead {
  const { exchange } = call;
  const aimed = "target" in call ? call : undefined;
  const { target, uri } = aimed ? recordedTarget(aimed) : wantedName(exchange, call.request.asked);
  return {
    kind,
    id: call.id,
    now: kind === "outcome" ? call.parts.clock.now() : call.now,
    callerText: call.caller.recordText,
    bundleText: call.generation.bundleText,
    method: methodOf(call.request.asked),
    target,
    uri,
    resumes: aimed?.resumed?.from,
    door: exchange.serverId ?? "aggregate",
    era: exchange.era,
    session: exchange.session?.id,
    traceparent: exchange.traceparent,
  };
}

function recordedTarget(call: AimedCall | JudgedCall): { readonly target: string; readonly uri?: string | undefined } {
  return { target: call.target.id, uri: "recordedUri" in call ? call.recordedUri : undefined };
}

/** Records a call that was not let through, then answers. A refusal that cannot be recorded says that instead. */
export async function recordRefusal(
  call: Call | JudgedCall,
  ending: Ending,
  unknown: ReasonCode = unknownCode(call.request.asked),
): Promise<Answer> {
  const reasons = reasonsOf(ending, unknown);
  let text = headText(recordHead(call, "refusal"));
  if ("decision" in call) text += judgedText(call);
  text += `,"effect":"deny"${reasonsText(reasons)}}`;
  const recorded = await call.parts.log.append(text, "grouped");
  meter(call, ending, reasons);
  if (!recorded.ok) return answerOf(call, { kind: "refused", reasons: [hostReason("gateway.log_unavailable")] });
  return answerOf(call, ending);
}

function reasonsOf(ending: Ending, unknown: ReasonCode): readonly ToldReason[] {
  switch (ending.kind) {
    case "refused":
      return ending.reasons;
    case "contradicted":
      return [hostReason("gateway.invalid_request", { detail: ending.detail })];
    case "invalid":
      return [hostReason("question.state_invalid")];
    case "incapable":
      return [incapableOf(ending)];
    case "unknown":
      return [hostReason(unknown)];
    default:
      return noReasons;
  }
}

function incapableOf({ required }: Ending & { readonly kind: "incapable" }): ToldReason {
  const { extensions } = required;
  if (typeof extensions === "object" && extensions !== null)
    return hostReason("extension.undeclared", { extension: Object.keys(extensions).join(", ") });
  return hostReason("question.client_incapable", { question: Object.keys(required).join(", ") });
}

const noReasons: readonly ToldReason[] = [];

/** A request of a caller that no generation knows. */
export async function refuseUnpinnedCall(parts: Parts, exchange: Exchange, { asked }: CallRequest, code: ReasonCode): Promise<Answer> {
  const now = parts.clock.now();
  const id = parts.ids.decision(now);
  const message = { kind: "refusal", method: methodOf(asked), id, now, ...wantedName(exchange, asked) } as const;
  return { kind: "refused", ...(await refuseUnpinned(parts, exchange, message, code)) };
}

/**
 * The one way out of a call whose intent is on record: settles the reservation, records the outcome, answers.
 * `upstreamMs` is how long the server took.
 */
export async function settle(call: IntendedCall, ending: Ending, spent: Spent, upstreamMs: number): Promise<Answer> {
  const reasons = reasonsOf(ending, unknownCode(call.request.asked));
  const recorded = await call.parts.log.append(outcomeText(call, ending, reasons, spent.charged, upstreamMs), durabilityOf(call));
  settleReservation(call, spent);
  meter(call, ending, reasons);
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
function settleReservation(call: IntendedCall, spent: Spent): void {
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

function outcomeText(call: IntendedCall, ending: Ending, reasons: readonly ToldReason[], charged: boolean, upstreamMs: number): string {
  let text = `${headText(recordHead(call, "outcome"))},"effect":"${effectOf(ending)}"`;
  if (reasons.length > 0) text += reasonsText(reasons);
  if (ending.kind === "result") text += `,"result_digest":"${sha256(ending.text)}","is_error":${isError(ending)}`;
  if (ending.kind === "task") text += `,"result_digest":"${sha256(ending.text)}","task":true`;
  if (ending.kind === "error") text += `,"error_code":${ending.error.code}`;
  if ("reply" in ending && ending.reply)
    text += `,"upstream":{"status":${ending.reply.status},"ms":${upstreamMs.toFixed(2)},"bytes":${ending.reply.bytes}}`;
  else text += `,"upstream":{"ms":${upstreamMs.toFixed(2)}}`;
  if (call.reservation) text += `,"reservation":{"id":"${call.reservation.id}","state":"${charged ? "committed" : "refunded"}"}`;
  return `${text},"intent_time":"${rfc3339(call.now)}"}`;
}

function isError(ending: Ending & { kind: "result" }): boolean {
  return ending.reply.outcome.kind === "result" && ending.reply.outcome.result.isError === true;
}

function effectOf(ending: Ending): string {
  switch (ending.kind) {
    case "result":
    case "task":
    case "error":
    case "subscribed":
      return "allow";
    case "input_required":
    case "cancelled":
      return ending.kind;
    default:
      return "deny";
  }
}

function meter(call: Call | AimedCall, ending: Ending, reasons: readonly ToldReason[]): void {
  call.parts.meter.ended(methodOf(call.request.asked), effectOf(ending), "target" in call ? call.target.server.id : "_unknown");
  for (const { code } of reasons) call.parts.meter.reason(code);
}

function answerOf(call: Call, ending: Ending): Answer {
  const decisionId = call.id;
  switch (ending.kind) {
    case "unknown":
    case "cancelled":
      return { kind: ending.kind, decisionId };
    case "contradicted":
    case "invalid":
      return { kind: ending.kind, detail: ending.detail, decisionId };
    case "incapable":
      return { kind: "incapable", required: ending.required, decisionId };
    case "input_required":
      return { kind: "input_required", text: ending.text, decisionId };
    case "result":
    case "task":
      return { kind: "result", text: ending.text, decisionId, era: ending.reply.era };
    case "subscribed":
      return { kind: "result", text: "{}", decisionId, era: call.exchange.era };
    case "error":
      return { kind: "error", ...ending.error, decisionId, era: ending.reply.era };
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
