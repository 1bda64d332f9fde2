import type { Rollout } from "../../core/operations.ts";
import { type Acts, GATEWAY } from "./acts.ts";
import { type Guard, onStep, toNextStep } from "./changes.ts";
import type { RolloutParts } from "./create-rollouts.ts";
import { next } from "./next.ts";
import { countsOf } from "./staged.ts";

/** What follows by itself. Every replica looks; the one whose change comes first has done it. */
export async function actByItself(parts: RolloutParts, acts: Acts): Promise<void> {
  const { generations, tenant } = parts;
  const { rollout } = parts.operations.current();
  if (rollout === undefined) return;
  const now = acts.now();
  const candidate = generations.candidate(tenant)?.generation.bundle;
  const guarded: Guard = (change) => onStep(rollout, change);
  if (candidate && candidate.expiresAt <= now) {
    await acts.rollBack(`it expired at ${new Date(candidate.expiresAt).toISOString()}`, GATEWAY, guarded);
    return;
  }
  const counts = await parts.operations.counts(rollout.id);
  if (!counts.ok) return;
  const follows = next(rollout, counts.value, now);
  if (follows.act === "roll_back") await acts.rollBack(follows.why, GATEWAY, guarded);
  // What moves on by itself has no other record than its own; going back waits for nothing.
  if (!parts.log.healthy()) return;
  if (follows.act === "promote") await promoteByItself(acts, rollout, follows.why);
  if (follows.act === "step") {
    const done = await parts.operations.update(guarded(toNextStep(countsOf(counts.value), now)));
    if (!done.ok) return;
    if (done.value.rollout)
      acts.record({ effect: "step", bundle: rollout.bundle, by: GATEWAY, rollout: done.value.rollout, counts: counts.value });
    await acts.follow();
  }
}

/** A candidate that cannot be promoted for what it is, as one that is revoked, goes back. */
async function promoteByItself(acts: Acts, rollout: Rollout, why: string): Promise<void> {
  const guarded: Guard = (change) => onStep(rollout, change);
  const done = await acts.promote(rollout.bundle, why, GATEWAY, guarded);
  if (done.ok || !done.error.code.startsWith("bundle.")) return;
  await acts.rollBack(`it cannot be promoted: ${done.error.code}: ${done.error.detail}`, GATEWAY, guarded);
}
