import type { QuarantineKind } from "../../core/operations.ts";
import type { ReasonCode } from "../../core/reasons.ts";
import type { Exchange } from "../gateway.ts";

/** What is refused at this instant, whatever policy says. A look costs a few map look-ups, and nothing where nothing is quarantined. */
export interface Quarantine {
  /** Why nothing of this caller passes: its agent (or one further down the chain), its user, its session, or a state that is too old to be trusted. */
  caller(exchange: Pick<Exchange, "caller" | "session">, agentId: string): QuarantineReason | undefined;
  /** Why nothing reaches this target. */
  target(serverId: string, targetId: string): QuarantineReason | undefined;
}

export type QuarantineReason = Extract<ReasonCode, `${QuarantineKind}.quarantined` | "gateway.operations_unknown">;
