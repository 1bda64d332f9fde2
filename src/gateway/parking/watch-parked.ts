import { isDeepStrictEqual } from "node:util";
import { isInUse } from "../../core/server.ts";
import { aim } from "../aim.ts";
import type { Call } from "../call.ts";
import { judge } from "../judge.ts";
import { listedNow } from "../listed.ts";
import type { Parts } from "../parts.ts";
import { stoppedCall } from "../quarantine/index.ts";
import { hostReason } from "../refusal.ts";
import { resolveTarget } from "../resolve-target.ts";
import type { ParkedCall } from "./parking.ts";

/** Parked calls that are decided again, and given up if they are denied then. */
export interface ParkedWatch {
  /** After something ended for this tenant; for all of them where something was quarantined. */
  recheck(tenant?: string): void;
  stop(): void;
}

/** Decides parked calls again whenever a bundle is activated or stops counting. */
export function watchParked(parts: Parts): ParkedWatch {
  const recheckAll = (concerns: (parked: ParkedCall) => boolean) => {
    for (const parked of parts.parking.waiting()) if (concerns(parked)) void recheck(parts, parked);
  };
  const recheckTenant = (tenant?: string) => recheckAll(({ call }) => tenant === undefined || call.exchange.caller.token.tenant === tenant);
  const stops = [
    parts.generations.onSwap(({ tenant }) => recheckTenant(tenant)),
    // A candidate that was refused changes nothing; an active bundle whose key was revoked leaves nothing to decide by.
    parts.generations.onRefused(() => recheckAll(({ call }) => !parts.generations.for(call.exchange.caller.token))),
  ];
  return {
    recheck: recheckTenant,
    stop() {
      for (const stop of stops) stop();
    },
  };
}

async function recheck(parts: Parts, parked: ParkedCall): Promise<void> {
  try {
    if (await isStillAllowed(parts, parked)) return;
  } catch (error) {
    parts.logger.error({ decision: parked.call.id, error: String(error) }, "a parked call could not be judged again");
  }
  await parts.parking.abandon(parked);
}

/** The same question to policy as the leg that was parked, on the generation of this moment. */
async function isStillAllowed(parts: Parts, { call: { exchange, request, target: before } }: ParkedCall): Promise<boolean> {
  const now = parts.clock.now();
  const generation = parts.generations.pin(exchange.caller.token);
  if (!generation) return false;
  try {
    const caller = generation.callerOf(exchange.caller.token, now);
    if (!caller.ok) return false;
    const { resumed: _, ...first } = request;
    const call: Call = { parts, exchange, request: first, generation, caller: caller.value, id: parts.ids.decision(now), now };
    const target = resolveTarget(call);
    if (typeof target === "string" || !isInUse(target.server) || stoppedCall({ ...call, target })) return false;
    // It waits at the place that another bundle named.
    if (!isDeepStrictEqual(target.server, before.server)) return false;
    // Where the server's list is being read again, its pin is looked at when the answers come.
    const listed = listedNow(call, target) ?? { unavailable: hostReason("upstream.unavailable") };
    const { decision, facts } = await judge(aim(call, target, listed));
    return decision.known && decision.effect === "allow" && facts.pinned && facts.mistakes.length === 0;
  } finally {
    parts.generations.release(generation);
  }
}
