import { isInUse } from "../core/server.ts";
import type { Listing } from "../parts/upstream/index.ts";
import type { AimedCall, Call, TargetFacts } from "./call.ts";
import type { Target } from "./generation.ts";
import { argsDigestOf, commonText } from "./input.ts";
import { hostReason, type ToldReason } from "./refusal.ts";

/** What the target's server offers, or why that is not known. */
export type Listed = { readonly listing: Listing } | { readonly unavailable: ToldReason };

/** What is known without waiting, which is the way of nearly every call. */
export function listedNow(call: Call, target: Target): Listed | undefined {
  // Policy says why; the host only leaves such a server alone.
  if (!isInUse(target.server)) return { unavailable: hostReason("server.not_approved") };
  const listing = call.parts.upstream.connect(target.server).current();
  return listing && { listing };
}

export async function readListing(call: Call, target: Target): Promise<Listed> {
  const listing = await call.parts.upstream.connect(target.server).listing();
  return listing.ok ? { listing: listing.value } : { unavailable: hostReason(listing.error.code) };
}

/** Finds out the facts about the target, and writes the input. */
export function aim(call: Call, target: Target, listed: Listed): AimedCall {
  const facts = factsOf(call, target, listed);
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

function factsOf(call: Call, target: Target, listed: Listed): TargetFacts {
  const mistakes = target.tool.validate(call.request.args ?? {});
  const contradiction = target.repeated.length === 0 ? undefined : call.request.repeats?.(target.repeated);
  const own = contradiction === undefined ? { mistakes } : { mistakes, contradiction };
  if ("unavailable" in listed) return { pinned: true, ...own, unavailable: listed.unavailable };
  return { pinned: listed.listing.tools.get(target.tool.name)?.pin === target.tool.pin, ...own };
}
