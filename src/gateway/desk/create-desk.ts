import { sha256 } from "../../core/digest.ts";
import type { DecisionId } from "../../core/ids.ts";
import type { OperationsState } from "../../core/operations.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { activeQuarantine } from "../../parts/operations/index.ts";
import type { RolloutRefusal } from "../rollouts/index.ts";
import { type Asked, createActs, type Done } from "./acts.ts";
import type { DecisionRecords, Desk, DeskRefusal, Operator } from "./desk.ts";
import { createEntrance } from "./entrance.ts";
import { bundleAnywhere, recordsEverywhere, serveOthers } from "./from-replicas.ts";
import type { DeskParts } from "./parts.ts";
import { lift, quarantine } from "./quarantine-acts.ts";
import { refusal, refused } from "./refusals.ts";

export function createDesk(parts: DeskParts): Desk {
  const { rollouts } = parts;
  const entrance = createEntrance(parts);
  const acts = createActs(parts, entrance);
  serveOthers(parts);

  /** An act on the rollout, which answers with the state that it made. */
  const move = (operator: Operator, asked: Omit<Asked, "role">, act: () => Promise<Result<OperationsState, RolloutRefusal>>) =>
    acts.perform<OperationsState>(operator, { ...asked, role: "operator" }, async () => {
      const moved = await act();
      return moved.ok ? ok({ value: moved.value, after: moved.value.version }) : err(refused(moved.error));
    });

  return {
    enter: entrance.enter,
    flush: entrance.flush,
    status: (operator) =>
      acts.look(operator, { act: "read_status", role: "viewer" }, async ({ operator: { id, roles, tenant } }) => ({
        ...(await rollouts.status()),
        operator: { id, roles: [...roles] },
        tenant,
        environment: parts.environment,
        readiness: parts.readiness(),
      })),
    stage: (operator, bytes) => {
      // The digest of the archive as it came: that of its content is only known once it is verified.
      const subject = { archive: sha256(bytes), bytes: bytes.length };
      return acts.perform(operator, { act: "stage_bundle", role: "operator", subject }, async () => {
        const staged = await rollouts.stage(bytes);
        return staged.ok ? ok({ value: staged.value }) : err(refused(staged.error));
      });
    },
    startRollout: (operator, { why, ...wanted }, ifVersion) =>
      move(operator, { act: "start_rollout", subject: wanted, why }, () => rollouts.start(wanted, operator.id, ifVersion)),
    promote: (operator, why, ifVersion) =>
      move(operator, { act: "promote", subject: underWay(parts), why }, () => rollouts.promote(why, operator.id, ifVersion)),
    rollBack: (operator, why, ifVersion) =>
      move(operator, { act: "roll_back", subject: underWay(parts), why }, () => rollouts.rollBack(why, operator.id, ifVersion)),
    quarantined: (operator) =>
      acts.look(operator, { act: "read_quarantine", role: "viewer" }, () =>
        activeQuarantine(parts.operations.current(), parts.clock.now()),
      ),
    quarantine: (operator, wanted) => quarantine(parts, acts, operator, wanted),
    lift: (operator, id, why) => lift(parts, acts, operator, id, why),
    records: (operator, decision) =>
      acts.perform<DecisionRecords>(operator, { act: "read_decision", role: "auditor", subject: { decision } }, async () => {
        const found = await recordsEverywhere(parts, decision as DecisionId, operator.tenant);
        if (found.logs.length > 0) return ok({ value: found });
        return none("decision.unknown", `no record of "${decision}"`, found.away);
      }),
    bundle: (operator, digest) =>
      acts.perform<Uint8Array>(operator, { act: "read_bundle", role: "auditor", subject: { digest } }, async () => {
        const { bytes, away } = await bundleAnywhere(parts, digest);
        return bytes === undefined ? none("bundle.unknown", `no bundle "${digest}"`, away) : ok({ value: bytes });
      }),
  };
}

function underWay({ operations }: DeskParts): object | undefined {
  const { rollout } = operations.current();
  return rollout && { rollout: rollout.id, digest: rollout.bundle.digest, sequence: rollout.bundle.sequence };
}

function none(code: string, what: string, away: readonly string[]): Result<Done<never>, DeskRefusal> {
  return err(refusal("not_found", code, away.length === 0 ? what : `${what}; did not answer: ${away.join(", ")}`));
}
