import type { DecisionId } from "../../core/ids.ts";
import { isReasonCode, reasons } from "../../core/reasons.ts";
import type { DeskRefusal } from "./desk.ts";

/** A refusal with the remedy of its code, where the code is of our own list. */
export function refusal(kind: DeskRefusal["kind"], code: string, detail: string, decisionId?: DecisionId): DeskRefusal {
  return {
    ...{ kind, code, detail },
    ...(isReasonCode(code) ? { remedy: reasons[code].remedy } : {}),
    ...(decisionId === undefined ? {} : { decisionId }),
  };
}

const kinds: Readonly<Record<string, DeskRefusal["kind"]>> = {
  "gateway.operations_unavailable": "unavailable",
  "rollout.changed": "conflict",
  "rollout.none": "conflict",
  "rollout.busy": "conflict",
  "rollout.no_bundle": "conflict",
  "rollout.promoted": "conflict",
  "rollout.invalid": "invalid",
};

/** What an act on bundles or rollouts was refused with; a bundle that is not taken is what is wrong with the request. */
export function refused({ code, detail }: { readonly code: string; readonly detail: string }): DeskRefusal {
  return refusal(kinds[code] ?? "invalid", code, detail);
}
