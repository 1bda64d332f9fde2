import type { ReasonCode } from "../core/reasons.ts";
import { aim } from "./aim.ts";
import type { Call, CallRequest, Ending, JudgedCall } from "./call.ts";
import { dispatch } from "./dispatch.ts";
import { barred } from "./extensions.ts";
import type { Answer, Exchange } from "./gateway.ts";
import { hold } from "./hold.ts";
import { judge } from "./judge.ts";
import { listedNow, readListing } from "./listed.ts";
import type { Parts } from "./parts.ts";
import { stoppedCaller, stoppedTarget } from "./quarantine/index.ts";
import { hostReason, type ToldReason, told } from "./refusal.ts";
import { resolveTarget } from "./resolve-target.ts";
import { recordRefusal, refuseUnpinnedCall } from "./settle.ts";
import { resolveTask } from "./tasks/index.ts";

/** How a request goes on that policy lets through. */
type GoOn = (call: JudgedCall) => Promise<Answer>;

/** The life of one request, DESIGN section 4. Every way out leaves its record before the answer. */
export async function serveRequest(parts: Parts, exchange: Exchange, request: CallRequest, goOn: GoOn = carryOut): Promise<Answer> {
  const begun = begin(parts, exchange, request);
  if (typeof begun === "string") return await refuseUnpinnedCall(parts, exchange, request, begun);
  try {
    return await run(begun, goOn);
  } catch (error) {
    parts.logger.error({ decision: begun.id, error: String(error) }, "a call failed inside the gateway");
    return await recordRefusal(begun, { kind: "refused", reasons: [hostReason("gateway.error")] });
  } finally {
    parts.generations.release(begun.generation);
  }
}

async function run(begun: Call, goOn: GoOn): Promise<Answer> {
  const stopped = stoppedCaller(begun);
  if (stopped) return await recordRefusal(begun, stopped);
  const task = begun.request.asked.method.startsWith("tasks/") ? resolveTask(begun) : undefined;
  const target = task?.target ?? resolveTarget(begun);
  if (typeof target === "string") return await recordRefusal(begun, { kind: "unknown" }, target);
  const listed = listedNow(begun, target) ?? (await readListing(begun, target));
  const call = await judge(aim(begun, target, listed, task));
  const bar = call.target.kind === "extension" ? barred(call, call.target) : undefined;
  if (bar) return await recordRefusal(call, bar.ending, bar.code);
  const refusal = refusalOf(call);
  if (refusal) return await recordRefusal(call, refusal);
  return await goOn(call);
}

/** What policy asks for is held, the intent is on record, the server is called. */
async function carryOut(call: JudgedCall): Promise<Answer> {
  const held = await hold(call);
  if (!held.ok) return await recordRefusal(call, held.error);
  return await dispatch(held.value);
}

/** Pins the generation and mints the decision id; or why there is none for this caller. */
function begin(parts: Parts, exchange: Exchange, request: CallRequest): Call | ReasonCode {
  const now = parts.clock.now();
  const generation = parts.generations.pin(exchange.caller.token);
  if (!generation) return "bundle.none";
  const caller = generation.callerOf(exchange.caller.token, now);
  if (!caller.ok) {
    parts.generations.release(generation);
    return caller.error.code;
  }
  return { parts, exchange, request, generation, caller: caller.value, id: parts.ids.decision(now), now };
}

/** Why this call goes no further. What a caller may not know about looks exactly like what does not exist. */
function refusalOf(call: JudgedCall): Ending | undefined {
  const { decision, facts } = call;
  if (!decision.known) return { kind: "unknown" };
  const stopped = stoppedTarget(call);
  if (stopped) return stopped;
  if (facts.contradiction !== undefined) return { kind: "contradicted", detail: facts.contradiction };
  if (facts.invalid !== undefined) return { kind: "invalid", detail: facts.invalid };
  if (decision.effect === "deny" && decision.reasons.length > 0) return { kind: "refused", reasons: decision.reasons.map(told) };
  if (!facts.pinned) return { kind: "refused", reasons: [hostReason(driftedCode(call))] };
  if (facts.mistakes.length > 0) return { kind: "refused", reasons: [hostReason("args.invalid", { mistakes: facts.mistakes.join("; ") })] };
  // Only the word "allow" lets a call through; an `ask` that reached this point has nobody to ask.
  if (decision.effect !== "allow") return { kind: "refused", reasons: unasked(decision) };
  if (facts.unavailable) return { kind: "refused", reasons: [facts.unavailable] };
  if (call.exchange.request?.dryRun) return { kind: "refused", reasons: [hostReason("gateway.dry_run")] };
  const { expiresAt, onExpiry } = call.generation.bundle;
  if (expiresAt <= call.now && (onExpiry === "deny_all" || !call.target.readOnly))
    return { kind: "refused", reasons: [hostReason("bundle.expired")] };
  return undefined;
}

/** Why what asks goes no further, by the packages that ask. */
function unasked({ obligations }: JudgedCall["decision"]): readonly ToldReason[] {
  const unsupported = hostReason("policy.obligation_unsupported", { type: "approve" });
  const asked = obligations.flatMap(({ type, rule }) => (type === "approve" ? [{ ...unsupported, rule }] : []));
  return asked.length > 0 ? asked : [unsupported];
}

function driftedCode({ target }: JudgedCall): ReasonCode {
  const kind = target.kind === "completion" ? target.of.kind : target.kind;
  return kind === "extension" ? "extension.unknown" : `${kind}.drifted`;
}
