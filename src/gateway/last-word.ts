import type { UpstreamFailure, UpstreamReply } from "../parts/upstream/index.ts";
import type { Ending, IntendedCall } from "./call.ts";
import type { Concluded } from "./concluded.ts";
import type { Sent } from "./conversation/index.ts";
import { actualSpend } from "./levels.ts";
import { hostReason } from "./refusal.ts";
import { type FinalReply, inspectAndRelease, inspects, release } from "./release.ts";
import { isUrlRequired } from "./url-required.ts";

/** What becomes of a result, of an error, and of no answer at all. Questions and tasks are none of these, and go no further. */
export async function lastWord(call: IntendedCall, sent: Sent): Promise<Concluded> {
  if (!sent.ok) return { ending: failed(call, sent.error), spent: { charged: sent.error.dispatched } };
  const reply = sent.value;
  const actual = actualSpend(call.levels, call.generation.catalog, reply.bytes);
  const ending = isFinal(reply) ? await released(call, reply) : invalidAnswer;
  return { ending, spent: actual ? { charged: true, actual } : { charged: true } };
}

/** What of a server's answer may leave the gateway. An error that asks a person for something is judged elsewhere, or not let out. */
export function released(call: IntendedCall, reply: FinalReply): Promise<Ending> | Ending {
  if (isUrlRequired(reply)) return invalidAnswer;
  return inspects(call) ? inspectAndRelease(call, reply) : release(call, reply);
}

const invalidAnswer: Ending = { kind: "refused", reasons: [hostReason("upstream.invalid_answer")] };

function isFinal(reply: UpstreamReply): reply is FinalReply {
  return reply.outcome.kind === "result" || reply.outcome.kind === "error";
}

function failed(call: IntendedCall, failure: UpstreamFailure): Ending {
  const { code, detail } = failure;
  call.parts.logger.warn({ decision: call.id, server: call.target.server.id, code, detail }, "a server failed");
  return code === "upstream.cancelled" ? { kind: "cancelled" } : { kind: "refused", reasons: [hostReason(code)] };
}
