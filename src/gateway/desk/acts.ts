import type { OperatorRole } from "../../core/operations.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { DeskRefusal, Operator } from "./desk.ts";
import type { Entrance, Standing } from "./entrance.ts";
import { type Act, type OperatorRecord, operatorRecord } from "./operator-record.ts";
import type { DeskParts } from "./parts.ts";
import { refusal } from "./refusals.ts";

/** What is wanted, in the words of its record. */
export interface Asked {
  readonly act: Act;
  readonly role: OperatorRole;
  readonly subject?: unknown;
  readonly why?: string;
}

export interface Done<T> {
  readonly value: T;
  /** Version of the state that the act made. */
  readonly after?: number;
}

export interface Acts {
  /** A glance that changes nothing and tells nothing of anybody: judged, and recorded only if it is refused. */
  look<T>(operator: Operator, asked: Asked, see: (standing: Standing) => Promise<T> | T): Promise<Result<T, DeskRefusal>>;
  /** Judged, then recorded, then done, then recorded how it ended. Nothing happens that is not on record first. */
  perform<T>(
    operator: Operator,
    asked: Asked,
    carryOut: (standing: Standing) => Promise<Result<Done<T>, DeskRefusal>>,
  ): Promise<Result<T, DeskRefusal>>;
}

const includesViewer: readonly OperatorRole[] = ["operator", "auditor"];

function hasRole({ roles }: Operator, wanted: OperatorRole): boolean {
  return roles.has(wanted) || (wanted === "viewer" && includesViewer.some((role) => roles.has(role)));
}

export function createActs(parts: DeskParts, entrance: Entrance): Acts {
  /** Who may not is told so even if the log takes no more: a refusal lets nothing through. */
  async function turnAway(operator: Operator, asked: Asked, why: DeskRefusal, now: number): Promise<Result<never, DeskRefusal>> {
    const id = parts.ids.decision(now);
    parts.meter.reason(why.code);
    const bundleText = parts.generations.active(parts.tenant)?.bundleText ?? '"bundle":null';
    const head = { id, now, operator: operator.id, ...entrance.cameWith(operator), bundleText };
    await parts.log.append(operatorRecord({ ...head, ...told(asked), phase: "refusal", effect: "deny", reason: why }), "grouped");
    return err({ ...why, decisionId: id });
  }

  async function admitted(operator: Operator, asked: Asked, now: number): Promise<Result<Standing, DeskRefusal>> {
    const standing = entrance.standing(operator, now);
    if (!standing.ok) return turnAway(operator, asked, standing.error, now);
    if (hasRole(standing.value.operator, asked.role)) return standing;
    const has = [...standing.value.operator.roles].join(", ");
    const detail = `"${operator.id}" has ${has}; ${asked.act} wants ${asked.role}`;
    return turnAway(operator, asked, refusal("forbidden", "operator.role_missing", detail), now);
  }

  return {
    async look(operator, asked, see) {
      const standing = await admitted(operator, asked, parts.clock.now());
      return standing.ok ? ok(await see(standing.value)) : standing;
    },
    async perform(operator, asked, carryOut) {
      const now = parts.clock.now();
      const standing = await admitted(operator, asked, now);
      if (!standing.ok) return standing;
      const id = parts.ids.decision(now);
      const { bundleText } = standing.value.generation;
      const before = parts.operations.current().version;
      const head = { id, operator: operator.id, ...entrance.cameWith(operator), bundleText, ...told(asked) };
      const record = (more: Pick<OperatorRecord, "phase" | "effect" | "reason" | "state">) =>
        parts.log.append(operatorRecord({ ...head, ...more, now: parts.clock.now() }), "always");

      const intent = await record({ phase: "intent", state: { before } });
      if (!intent.ok) return err(refusal("unavailable", intent.error.code, "nothing was done", id));
      let done: Awaited<ReturnType<typeof carryOut>>;
      try {
        done = await carryOut(standing.value);
      } catch (error) {
        await record({ phase: "outcome", effect: "deny", reason: { code: "gateway.error", detail: "it failed inside the gateway" } });
        throw error;
      }
      if (!done.ok) {
        parts.meter.reason(done.error.code);
        await record({ phase: "outcome", effect: "deny", reason: done.error });
        return err({ ...done.error, decisionId: id });
      }
      const { value, after } = done.value;
      const outcome = await record({
        phase: "outcome",
        effect: "allow",
        ...(after === undefined ? {} : { state: { before: after - 1, after } }),
      });
      if (outcome.ok) return ok(value);
      return err(refusal("unavailable", "gateway.outcome_unrecorded", "it was done, but the log does not say how it ended", id));
    },
  };
}

function told({ act, subject, why }: Asked): Pick<OperatorRecord, "act" | "subject" | "why"> {
  return { act, subject, why };
}
