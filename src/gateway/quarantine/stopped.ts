import type { Call, Ending } from "../call.ts";
import { hostReason } from "../refusal.ts";
import type { Target } from "../targets/index.ts";
import type { QuarantineReason } from "./quarantine.ts";

type Refused = Extract<Ending, { readonly kind: "refused" }>;
type Asking = Pick<Call, "parts" | "exchange" | "caller" | "generation">;
type Aimed = Asking & { readonly target: Target };

/** Why nothing of who asks passes at this instant. */
export function stoppedCaller({ parts, exchange, caller, generation }: Asking): Refused | undefined {
  return refusedFor(parts.quarantine.caller(exchange, caller.agent.id, generation.catalog));
}

/** Why this call goes no further at this instant: who asks, or what it aims at. */
export function stoppedCall(call: Aimed): Refused | undefined {
  return stoppedCaller(call) ?? stoppedTarget(call);
}

export function stoppedTarget({ parts, target }: Pick<Aimed, "parts" | "target">): Refused | undefined {
  return refusedFor(parts.quarantine.target(target.server.id, target.id));
}

/**
 * The same for what a server said already. A state that is merely too old holds nothing back: the server acted, and whoever
 * is told to try again would make it act twice.
 */
export function withheldFor(call: Aimed): Refused | undefined {
  const { parts, exchange, caller, generation } = call;
  const reason = parts.quarantine.caller(exchange, caller.agent.id, generation.catalog);
  if (reason !== undefined && reason !== "gateway.operations_unknown") return refusedFor(reason);
  return stoppedTarget(call);
}

function refusedFor(reason: QuarantineReason | undefined): Refused | undefined {
  return reason && { kind: "refused", reasons: [hostReason(reason)] };
}
