import type { QuarantineKind } from "../../core/operations.ts";
import type { ReasonCode } from "../../core/reasons.ts";
import type { Catalog } from "../../parts/catalog/index.ts";
import type { Exchange } from "../gateway.ts";

/** What is refused at this instant, whatever policy says. A look costs a few map look-ups, and nothing where nothing is quarantined. */
export interface Quarantine {
  /**
   * Why nothing of this caller passes: its agent (or one further down the chain, by the name in the token or by the id that
   * the catalog gives that name), its user, its session, or a state that is too old to be trusted.
   */
  caller(exchange: Pick<Exchange, "caller" | "session">, agentId: string, catalog: AgentNames): QuarantineReason | undefined;
  /** Why nothing reaches this target; without one: why nothing reaches its server. */
  target(serverId: string, targetId?: string): QuarantineReason | undefined;
  /** Milliseconds since the state was last known to be everybody's, where that is longer than it may be. */
  staleMs(): number | undefined;
  /** Unix milliseconds at which something ends by itself, the next first. */
  ends(): readonly number[];
  /** Called when something was quarantined or lifted, whoever did it; not when something ends by itself. */
  onChange(listener: () => void): () => void;
}

/** Finds the registered agent that a token names. */
export type AgentNames = Pick<Catalog, "agentFor">;

export type QuarantineReason = Extract<ReasonCode, `${QuarantineKind}.quarantined` | "gateway.operations_unknown">;
