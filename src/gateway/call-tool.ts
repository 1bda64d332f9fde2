import { maxWidth } from "../core/json/index.ts";
import type { ReasonCode } from "../core/reasons.ts";
import { isInUse } from "../core/server.ts";
import type { Load } from "../parts/policy/index.ts";
import type { AimedCall, Call, Ending, JudgedCall, TargetFacts } from "./call.ts";
import { dispatch } from "./dispatch.ts";
import type { CallAnswer, CallRequest, Exchange } from "./gateway.ts";
import type { Target } from "./generation.ts";
import { hold } from "./hold.ts";
import { argsDigestOf, commonText } from "./input.ts";
import type { Parts } from "./parts.ts";
import { hostReason, told } from "./refusal.ts";
import { recordRefusal, refuseUnpinnedCall } from "./settle.ts";
import { resolveTarget } from "./target.ts";

/** Arguments beyond this stay out of records; their digest stands there instead. */
const MAX_RECORDED_ARGS = 32 * 1024;
/** A JSON text this short cannot hold an array or object of more than 256 entries. */
const NARROW_TEXT = 512;

/** The life of one call, DESIGN section 4. Every way out leaves its record before the answer. */
export async function callTool(parts: Parts, exchange: Exchange, request: CallRequest): Promise<CallAnswer> {
  const begun = begin(parts, exchange, request);
  if (typeof begun === "string") return await refuseUnpinnedCall(parts, exchange, request.tool, begun);
  try {
    return await run(begun);
  } catch (error) {
    parts.logger.error({ decision: begun.id, error: String(error) }, "a call failed inside the gateway");
    return await recordRefusal(begun, { kind: "refused", reasons: [hostReason("gateway.error")] });
  } finally {
    parts.generations.release(begun.generation);
  }
}

async function run(begun: Call): Promise<CallAnswer> {
  const target = resolveTarget(begun);
  if (!target) return await recordRefusal(begun, { kind: "unknown" });
  const call = await judge(await aim(begun, target));
  const refusal = refusalOf(call);
  if (refusal) return await recordRefusal(call, refusal);
  const held = await hold(call);
  if (!held.ok) return await recordRefusal(call, held.error);
  return await dispatch(held.value);
}

/** Pins the generation and mints the decision id; or why there is none for this caller. */
function begin(parts: Parts, exchange: Exchange, request: CallRequest): Call | ReasonCode {
  const now = parts.clock.now();
  const generation = parts.generations.pin(exchange.caller.token.tenant);
  if (!generation) return "bundle.none";
  const caller = generation.callerOf(exchange.caller.token, now);
  if (!caller.ok) {
    parts.generations.release(generation);
    return caller.error.code;
  }
  return { parts, exchange, request, generation, caller: caller.value, id: parts.ids.decision(now), now };
}

/** Finds out the facts about the target, and writes the input. */
async function aim(call: Call, target: Target): Promise<AimedCall> {
  const facts = await factsOf(call, target);
  const { args } = call.request;
  // The one text that is judged, digested, remembered by and sent: never what the caller wrote it like.
  const argsText = args === undefined ? undefined : JSON.stringify(args);
  const argsDigest = argsText === undefined ? undefined : argsDigestOf(argsText);
  const time = call.generation.timeText(call.now);
  let inputText = `{"phase":"call","method":"tools/call",${commonText(call.exchange, call.caller, time, call.now)}`;
  inputText += `,${target.serverText},${facts.pinned ? target.pinnedText : target.driftedText}`;
  if (argsText !== undefined && facts.mistakes.length === 0) inputText += `,"args":${argsText},"args_digest":"${argsDigest}"`;
  inputText += ',"limits":{"truncated":[],"omitted":[]}}';
  return { ...call, target, facts, argsText, argsDigest, inputText };
}

async function factsOf(call: Call, target: Target): Promise<TargetFacts> {
  const mistakes = target.tool.validate(call.request.args ?? {});
  const contradiction = target.repeated.length === 0 ? undefined : call.request.repeats?.(target.repeated);
  const own = contradiction === undefined ? { mistakes } : { mistakes, contradiction };
  // Policy says why; the host only leaves it alone.
  if (!isInUse(target.server)) return { pinned: true, mistakes, unavailable: hostReason("server.not_approved") };
  const connection = call.parts.upstream.connect(target.server);
  const current = connection.current();
  const listing = current ? ({ ok: true, value: current } as const) : await connection.listing();
  if (!listing.ok) return { pinned: true, ...own, unavailable: hostReason(listing.error.code) };
  return { pinned: listing.value.tools.get(target.tool.name)?.pin === target.tool.pin, ...own };
}

async function judge(call: AimedCall): Promise<JudgedCall> {
  const { memo, policy } = call.generation;
  const key = memo.keyOf(call);
  const known = key === undefined ? undefined : memo.find(key);
  const decision = known ?? (await policy.decide(call.inputText, loadOf(call)));
  if (key !== undefined && known === undefined) memo.keep(key, decision);
  return { ...call, decision, remembered: known !== undefined, recordedInput: await recordedInput(call, call.target) };
}

function loadOf(call: AimedCall): Load {
  const wide = call.argsText !== undefined && call.argsText.length > NARROW_TEXT ? maxWidth(call.request.args) : 0;
  return { widest: Math.max(wide, call.caller.widest), nested: call.target.nested };
}

async function recordedInput(call: AimedCall, target: Target): Promise<string> {
  let text = call.inputText;
  if (call.argsText !== undefined && call.argsText.length > MAX_RECORDED_ARGS) {
    const { args: _, ...rest } = JSON.parse(text) as Record<string, unknown>;
    text = JSON.stringify({ ...rest, limits: { truncated: [], omitted: ["/args"] } });
  }
  if (!target.rules.has("mask")) return text;
  const paths = await call.generation.policy.mask(call.inputText, loadOf(call));
  return paths.length === 0 ? text : call.parts.masker.mask(text, paths);
}

/** Why this call goes no further. What a caller may not know about looks exactly like what does not exist. */
function refusalOf(call: JudgedCall): Ending | undefined {
  const { decision, facts } = call;
  if (!decision.known) return { kind: "unknown" };
  if (facts.contradiction !== undefined) return { kind: "contradicted", detail: facts.contradiction };
  if (decision.effect === "deny" && decision.reasons.length > 0) return { kind: "refused", reasons: decision.reasons.map(told) };
  if (!facts.pinned) return { kind: "refused", reasons: [hostReason("tool.drifted")] };
  if (facts.mistakes.length > 0) return { kind: "refused", reasons: [hostReason("args.invalid", { mistakes: facts.mistakes.join("; ") })] };
  // Only the word "allow" lets a call through; an `ask` that reached this point has nobody to ask.
  if (decision.effect !== "allow")
    return { kind: "refused", reasons: [hostReason("policy.obligation_unsupported", { type: decision.effect })] };
  if (facts.unavailable) return { kind: "refused", reasons: [facts.unavailable] };
  if (call.exchange.request?.dryRun) return { kind: "refused", reasons: [hostReason("gateway.dry_run")] };
  const { expiresAt, onExpiry } = call.generation.bundle;
  if (expiresAt <= call.now && (onExpiry === "deny_all" || !call.target.readOnly))
    return { kind: "refused", reasons: [hostReason("bundle.expired")] };
  return undefined;
}
