import { isInUse } from "../core/server.ts";
import type { Listing } from "../parts/upstream/index.ts";
import type { Call } from "./call.ts";
import { hostReason, type ToldReason } from "./refusal.ts";
import { type EntryTarget, isAsApproved, type PromptTarget, type Target } from "./targets/index.ts";

/** What the target's server offers, or why that is not known. */
export type Listed = { readonly listing: Listing } | { readonly unavailable: ToldReason };

/** What is known without waiting, which is the way of nearly every call. */
export function listedNow(call: Call, target: Target): Listed | undefined {
  // Policy says why; the host only leaves such a server alone.
  if (!isInUse(target.server)) return { unavailable: hostReason("server.not_approved") };
  // It is left alone altogether.
  const quarantined = call.parts.quarantine.target(target.server.id);
  if (quarantined) return { unavailable: hostReason(quarantined) };
  const listing = call.parts.upstream.connect(target.server).current();
  return listing && { listing };
}

export async function readListing(call: Call, target: Target): Promise<Listed> {
  const listing = await call.parts.upstream.connect(target.server).listing();
  return listing.ok ? { listing: listing.value } : { unavailable: hostReason(listing.error.code) };
}

/** Whether the server still defines the target as it was approved; of an extension, whether it has it. Single resources come and go, and are approved by pattern. */
export function isPinned(target: Target, listing: Listing): boolean {
  switch (target.kind) {
    case "tool":
      return listing.tools.get(target.tool.name)?.pin === target.tool.pin;
    case "completion":
      return isDefinedAsApproved(target.of, listing);
    case "extension":
      return Object.hasOwn(listing.offers.extensions, target.extension);
    default:
      return isDefinedAsApproved(target, listing);
  }
}

function isDefinedAsApproved(target: PromptTarget | Pick<EntryTarget, "kind" | "entry">, listing: Listing): boolean {
  if (target.kind === "resource") return isAsApproved(target.entry, listing);
  return listing.prompts.get(target.prompt.name)?.pin === target.prompt.pin;
}
