import { sha256Hex } from "../core/digest.ts";
import type { RolloutStep } from "../core/operations.ts";
import type { VerifiedToken } from "../core/principal.ts";
import type { Generation } from "./generation.ts";

/** For which agents a candidate decides. */
export interface CanaryShare {
  /** Id of the rollout, so that it is not always the same agents who try new bundles. */
  readonly rollout: string;
  /** 1 to 100. */
  readonly percent?: number;
  /** By catalog id, instead of a share. */
  readonly agents?: readonly string[];
}

export function shareOf(rollout: string, { percent, agents }: RolloutStep): CanaryShare {
  return { rollout, ...(percent === undefined ? {} : { percent }), ...(agents === undefined ? {} : { agents }) };
}

/** The first 32 bits of a digest, as a whole. */
const WHOLE = 2 ** 32;

/** The same on every replica. Who is in a small share is in a larger one too. */
export function isInShare({ rollout, percent, agents }: CanaryShare, agentId: string): boolean {
  if (agents !== undefined) return agents.includes(agentId);
  const place = Number.parseInt(sha256Hex(`${rollout}\n${agentId}`).slice(0, 8), 16);
  return place < ((percent ?? 0) / 100) * WHOLE;
}

/** Which of two generations decides for the bearer of a token; found out once for each token. */
export function canaryChoice(
  active: Generation,
  candidate: Generation,
  share: CanaryShare,
  now: () => number,
): (token: VerifiedToken) => Generation {
  const chosen = new WeakMap<VerifiedToken, Generation>();
  return (token) => {
    const known = chosen.get(token);
    if (known !== undefined) return known;
    const agentId = agentIdIn(active, token, now()) ?? agentIdIn(candidate, token, now());
    const choice = agentId !== undefined && isInShare(share, agentId) ? candidate : active;
    chosen.set(token, choice);
    return choice;
  };
}

/** Whose token it is, be the agent allowed to come or not: an agent that is suspended must not change sides by that. */
function agentIdIn({ catalog }: Generation, token: VerifiedToken, now: number): string | undefined {
  const found = catalog.agentFor(token, now);
  if (found.ok) return found.value.id;
  return "agent" in found.error ? found.error.agent : undefined;
}
