import type { Digest } from "../../core/digest.ts";
import type { DecisionId } from "../../core/ids.ts";
import type { OperationsState, OperatorRole, Quarantined, QuarantineKind, StagedBundle } from "../../core/operations.ts";
import type { Result } from "../../core/result.ts";
import type { Network, Readiness } from "../gateway.ts";
import type { RolloutStatus, WantedRollout } from "../rollouts/index.ts";

/**
 * What operators see and do. Each act is judged by the operator table of the promoted bundle at that instant, never of a
 * candidate, and stands on record before it happens; so does each look into records. `ifVersion` is the version of the
 * state that the operator saw: if it has changed since, nothing happens and the refusal says who changed what.
 */
export interface Desk {
  /** Verifies the `Authorization` header as the gateway does for agents, and finds the operator. A refusal is recorded. */
  enter(authorization: string | undefined, network: Network): Promise<Result<Operator, DeskRefusal>>;
  status(operator: Operator): Promise<Result<DeskStatus, DeskRefusal>>;
  stage(operator: Operator, bytes: Uint8Array): Promise<Result<StagedBundle, DeskRefusal>>;
  startRollout(
    operator: Operator,
    wanted: WantedRollout & { readonly why: string },
    ifVersion?: number,
  ): Promise<Result<OperationsState, DeskRefusal>>;
  promote(operator: Operator, why: string, ifVersion?: number): Promise<Result<OperationsState, DeskRefusal>>;
  rollBack(operator: Operator, why: string, ifVersion?: number): Promise<Result<OperationsState, DeskRefusal>>;
  quarantined(operator: Operator): Promise<Result<readonly Quarantined[], DeskRefusal>>;
  /** The same thing twice is one entry. An unknown server or tool is refused; an agent, user or session may be one that nobody knows yet. */
  quarantine(operator: Operator, wanted: WantedQuarantine): Promise<Result<Quarantined, DeskRefusal>>;
  lift(operator: Operator, id: string, why: string): Promise<Result<Quarantined, DeskRefusal>>;
  /** Every record of a decision, of all replicas: intent, outcome, questions asked in it, answers. Of this operator's tenant only. */
  records(operator: Operator, decision: string): Promise<Result<DecisionRecords, DeskRefusal>>;
  /** The bytes of a bundle that a record names. Whether they are worth a trust is for the bundle's signature to say. */
  bundle(operator: Operator, digest: Digest): Promise<Result<Uint8Array, DeskRefusal>>;
  /** Records refusals that were only counted so far. Called once a second and at shutdown. */
  flush(): Promise<void>;
}

/** Somebody whom the bundle's operator table names. */
export interface Operator {
  /** `<id of the entry>/<user, or subject>`: what records and states name. */
  readonly id: string;
  readonly roles: ReadonlySet<OperatorRole>;
  readonly tenant: string;
}

export interface DeskStatus extends RolloutStatus {
  readonly operator: { readonly id: string; readonly roles: readonly OperatorRole[] };
  readonly tenant: string;
  readonly environment: string;
  readonly readiness: Readiness;
}

export interface WantedQuarantine {
  readonly kind: QuarantineKind;
  readonly subject: string;
  readonly issuer?: string;
  readonly reason: string;
  readonly forMs?: number;
}

export interface DecisionRecords {
  /** Logs with a record of it. Lines are as they stand there, byte for byte: their hashes can be checked. */
  readonly logs: readonly { readonly replica: string; readonly lines: readonly string[] }[];
  /** Replicas that did not answer, so that their records may be missing. */
  readonly away: readonly string[];
}

/** Why an operator gets nothing. `kind` is what the door makes a status of. */
export interface DeskRefusal {
  readonly kind: "unauthenticated" | "forbidden" | "not_found" | "conflict" | "invalid" | "unavailable";
  /** A code of the one list, or of a bundle that was refused. */
  readonly code: string;
  readonly detail: string;
  readonly remedy?: string;
  readonly decisionId?: DecisionId;
}
