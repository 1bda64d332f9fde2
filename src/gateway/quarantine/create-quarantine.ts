import type { OperationsState, Quarantined } from "../../core/operations.ts";
import type { VerifiedToken } from "../../core/principal.ts";
import type { Operations } from "../../parts/operations/index.ts";
import type { Clock } from "../../platform/clock.ts";
import { type Marks, marksOf } from "./marks.ts";
import type { AgentNames, Quarantine } from "./quarantine.ts";

export interface QuarantineOptions {
  readonly operations: Pick<Operations, "current" | "staleMs" | "onChange">;
  readonly clock: Clock;
  /** Milliseconds for which a state that nobody confirmed is believed. */
  readonly mostStaleMs: number;
}

/** Looks at the state of operations as this process knows it at each look; its index is made once for each state. */
export function createQuarantine({ operations, clock, mostStaleMs }: QuarantineOptions): Quarantine {
  let seen: readonly Quarantined[] = operations.current().quarantine;
  let marks = marksOf(seen);

  function marksNow(): Marks {
    const { quarantine } = operations.current();
    if (quarantine !== seen) {
      marks = marksOf(quarantine);
      seen = quarantine;
    }
    return marks;
  }

  return {
    caller({ caller: { token }, session }, agentId, catalog) {
      const now = marksNow();
      if (!now.none) {
        const at = clock.now();
        if (now.has("agent") && isAgentIn(now, token, agentId, catalog, at)) return "agent.quarantined";
        if (token.user && now.holds("user", token.user.id, at, token.user.issuer)) return "user.quarantined";
        if (session && now.holds("session", session.id, at)) return "session.quarantined";
      }
      return operations.staleMs() > mostStaleMs ? "gateway.operations_unknown" : undefined;
    },
    target(serverId, targetId) {
      const now = marksNow();
      if (now.none) return undefined;
      const at = clock.now();
      if (now.holds("server", serverId, at)) return "server.quarantined";
      return targetId !== undefined && now.holds("tool", targetId, at) ? "tool.quarantined" : undefined;
    },
    staleMs() {
      const stale = operations.staleMs();
      return stale > mostStaleMs ? stale : undefined;
    },
    ends: () => marksNow().ends,
    onChange(listener) {
      let before = stampOf(operations.current());
      return operations.onChange((state) => {
        const stamp = stampOf(state);
        if (stamp === before) return;
        before = stamp;
        listener();
      });
    },
  };
}

/** A rollout changes the state too, and nothing of this. */
function stampOf({ quarantine }: OperationsState): string {
  return JSON.stringify(quarantine);
}

/**
 * The acting agent by its id and by its own name, and everybody behind it. An operator names an agent by the id of the catalog,
 * a chain names it by what its issuer calls it: an agent that hands its work to a child must be found by either.
 */
function isAgentIn(marks: Marks, token: VerifiedToken, agentId: string, catalog: AgentNames, at: number): boolean {
  if (marks.holds("agent", agentId, at) || marks.holds("agent", token.agent, at)) return true;
  return token.delegation.some(
    ({ subject, issuer = token.issuer }) =>
      marks.holds("agent", subject, at) ||
      registeredAs(catalog, { ...token, agent: subject, issuer }, at).some((id) => marks.holds("agent", id, at)),
  );
}

/** Ids of the catalog for whoever a chain names so: also of one that may not act any more, or not in this way. */
function registeredAs(catalog: AgentNames, token: VerifiedToken, at: number): readonly string[] {
  const found = catalog.agentFor(token, at);
  if (found.ok) return [found.value.id];
  if (found.error.code === "agent.ambiguous") return found.error.agents;
  return "agent" in found.error ? [found.error.agent] : [];
}
