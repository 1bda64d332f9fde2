import type { Rollout } from "../../core/operations.ts";
import { isInShare, shareOf } from "../canary.ts";
import type { Generation } from "../generation.ts";
import type { RolloutStatus } from "./rollouts.ts";

const MOST_NAMED = 20;

/** Which agents of the promoted catalog a canary takes. Kept until step or catalog change: a catalog may hold 100 000. */
export function canaryAgents(): (rollout: Rollout | undefined, active: Generation | undefined) => RolloutStatus["canary"] {
  let known: { readonly rollout: Rollout; readonly active: Generation; readonly found: RolloutStatus["canary"] } | undefined;
  return (rollout, active) => {
    const step = rollout?.steps[rollout.step];
    if (rollout === undefined || active === undefined || step?.mode !== "canary") return undefined;
    if (known?.active === active && known.rollout.id === rollout.id && known.rollout.stepAt === rollout.stepAt) return known.found;
    const share = shareOf(rollout.id, step);
    const chosen = [...active.catalog.agents.keys()].filter((id) => isInShare(share, id));
    const found = { agents: chosen.length, of: active.catalog.agents.size, named: chosen.slice(0, MOST_NAMED) };
    known = { rollout, active, found };
    return found;
  };
}
