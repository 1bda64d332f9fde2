import type { DecisionId } from "../core/ids.ts";
import type { ReasonCode } from "../core/reasons.ts";
import { err, type Result } from "../core/result.ts";
import type { CallerFacts } from "./caller-facts.ts";
import type { Exchange, Refused } from "./gateway.ts";
import type { Generation } from "./generation.ts";
import type { Parts } from "./parts.ts";
import { stoppedCaller } from "./quarantine/index.ts";
import { headText, type RecordHead, reasonsText } from "./record.ts";
import { hostReason, type ToldReason } from "./refusal.ts";

/** A judged message that is no call: pinned to a generation, under one decision id, at one instant. */
export interface Pinned {
  readonly parts: Parts;
  readonly exchange: Exchange;
  readonly generation: Generation;
  readonly caller: CallerFacts;
  readonly id: DecisionId;
  /** Unix milliseconds. */
  readonly now: number;
}

/** Runs `use` on the active generation and what it knows of the caller. Without either, the refusal is recorded. */
export async function onGeneration<T>(
  parts: Parts,
  exchange: Exchange,
  message: Pick<RecordHead, "kind" | "method">,
  use: (pinned: Pinned) => Promise<Result<T, Refused>>,
): Promise<Result<T, Refused>> {
  const now = parts.clock.now();
  const id = parts.ids.decision(now);
  const generation = parts.generations.pin(exchange.caller.token);
  if (!generation) return err(await refuseUnpinned(parts, exchange, { ...message, id, now }, "bundle.none"));
  try {
    const caller = generation.callerOf(exchange.caller.token, now);
    if (!caller.ok) return err(await refuseUnpinned(parts, exchange, { ...message, id, now }, caller.error.code));
    const pinned = { parts, exchange, generation, caller: caller.value, id, now };
    const stopped = stoppedCaller(pinned);
    return stopped ? err(await refuseOnRecord(pinned, pinnedHead(pinned, message), stopped.reasons)) : await use(pinned);
  } finally {
    parts.generations.release(generation);
  }
}

/** What the records of such a message begin with. */
export function pinnedHead(pinned: Pinned, message: Pick<RecordHead, "kind" | "method">): string {
  const { exchange, caller, generation, id, now } = pinned;
  return headText({
    ...message,
    id,
    now,
    callerText: caller.recordText,
    bundleText: generation.bundleText,
    door: exchange.serverId ?? "aggregate",
    era: exchange.era,
    ...(exchange.session === undefined ? {} : { session: exchange.session.id }),
  });
}

/** Refuses on record; if it cannot be recorded, that is what the caller is told. */
export async function refuseOnRecord(pinned: Pinned, headText: string, reasons: readonly ToldReason[]): Promise<Refused> {
  const recorded = await pinned.parts.log.append(`${headText},"effect":"deny"${reasonsText(reasons)}}`, "grouped");
  for (const { code } of reasons) pinned.parts.meter.reason(code);
  return { decisionId: pinned.id, effect: "deny", reasons: recorded.ok ? reasons : [hostReason("gateway.log_unavailable")] };
}

/** A caller that no generation knows: the refusal is recorded without a bundle. */
export async function refuseUnpinned(
  parts: Parts,
  exchange: Exchange,
  message: Pick<RecordHead, "kind" | "method" | "id" | "now"> & { readonly target?: string },
  code: ReasonCode,
): Promise<Refused> {
  const { tenant, kind, issuer, subject } = exchange.caller.token;
  const head = headText({
    ...message,
    callerText: JSON.stringify({ tenant, principal: { kind, issuer, subject } }).slice(1, -1),
    bundleText: '"bundle":null',
    door: exchange.serverId ?? "aggregate",
    era: exchange.era,
  });
  const reasons = [hostReason(code)];
  await parts.log.append(`${head},"effect":"deny"${reasonsText(reasons)}}`, "grouped");
  parts.meter.reason(code);
  return { decisionId: message.id, effect: "deny", reasons };
}
