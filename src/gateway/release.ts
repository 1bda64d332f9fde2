import type { Obligation, Redaction } from "../core/decision.ts";
import { maxWidth } from "../core/json/index.ts";
import type { UpstreamReply } from "../parts/upstream/index.ts";
import type { Ending, IntendedCall } from "./call.ts";
import { inspectionInput } from "./inspection-input.ts";
import { redactResult, redactWhole } from "./redact.ts";
import { hostReason, told } from "./refusal.ts";

type Outcome = UpstreamReply["outcome"];
type Failed = Outcome & { readonly kind: "error" };

/** A reply that ends the request: questions and tasks are none. */
export interface FinalReply extends UpstreamReply {
  readonly outcome: Extract<Outcome, { readonly kind: "result" | "error" }>;
}

/** Whether anything in the bundle wants to see, or change, what this target answers. */
export function inspects(call: IntendedCall): boolean {
  return call.target.rules.has("redact") || call.target.rules.has("withhold") || call.decision.redactions.length > 0;
}

/** What of a server's answer may leave the gateway: inspected first, redacted next, limited last. In doubt nothing. */
export async function inspectAndRelease(call: IntendedCall, reply: FinalReply): Promise<Ending> {
  const { outcome } = reply;
  // An error in the server's own words has no structure that could be redacted.
  const result = outcome.kind === "result" ? outcome.result : { isError: true, content: [{ type: "text", text: outcome.error.message }] };
  const inspection = await call.generation.policy.inspect(inspectionInput(call, result, reply.bytes), {
    widest: maxWidth(result),
    nested: call.target.nested,
  });
  if (inspection.withheld.length > 0) return { kind: "refused", reasons: inspection.withheld.map(told) };
  const redactions = [...call.decision.redactions, ...inspection.redactions];
  return redactions.length === 0 ? release(call, reply) : redacted(call, result, redactions, reply);
}

/** An answer that nothing in the bundle wants to see: known secrets are taken out, limits hold all the same. */
export function release(call: IntendedCall, reply: FinalReply): Ending {
  const { outcome } = reply;
  if (outcome.kind === "error") return scrubbedError(call, reply, outcome.error);
  return limited(call, { result: outcome.result, text: call.parts.credentials.scrub(outcome.text) }, reply);
}

function redacted(
  call: IntendedCall,
  result: Readonly<Record<string, unknown>>,
  redactions: readonly Redaction[],
  reply: FinalReply,
): Ending {
  const { target } = call;
  // Only a tool's error can be told as a result.
  if (target.kind !== "tool" && reply.outcome.kind === "error" && redactions.every(({ optional }) => optional)) return release(call, reply);
  const outcome =
    target.kind === "tool"
      ? redactResult(result, redactions, target.tool.definition.outputSchema, call.parts.masker.hash)
      : redactWhole(result, redactions, call.parts.masker.hash);
  if (!outcome.ok) {
    call.parts.logger.warn({ decision: call.id, detail: outcome.error.detail }, "a result was withheld");
    return { kind: "refused", reasons: [hostReason("result.unredactable")] };
  }
  return limited(call, { result: outcome.value, text: call.parts.credentials.scrub(JSON.stringify(outcome.value)) }, reply);
}

function scrubbedError(call: IntendedCall, reply: FinalReply, error: Failed["error"]): Ending {
  const text = JSON.stringify(error);
  const scrubbed = call.parts.credentials.scrub(text);
  return { kind: "error", error: scrubbed === text ? error : (JSON.parse(scrubbed) as typeof error), reply };
}

/** What is too large is withheld, not cut. */
function limited(
  call: IntendedCall,
  released: { readonly result: Readonly<Record<string, unknown>>; readonly text: string },
  reply: FinalReply,
): Ending {
  for (const obligation of call.decision.obligations) {
    if (obligation.type === "limit_result" && exceeds(obligation, released))
      return { kind: "refused", reasons: [hostReason("result.too_large")] };
  }
  return { kind: "result", text: released.text, reply };
}

function exceeds(
  limit: Obligation & { readonly type: "limit_result" },
  released: { readonly result: Readonly<Record<string, unknown>>; readonly text: string },
): boolean {
  if (limit.bytes !== undefined && Buffer.byteLength(released.text) > limit.bytes) return true;
  return limit.items !== undefined && maxWidth(released.result) > limit.items;
}
