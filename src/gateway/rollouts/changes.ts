import type { OperationsState, Rollout, StagedBundle } from "../../core/operations.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { type NextState, nextStep } from "../../parts/operations/index.ts";
import type { RolloutRefusal } from "./rollouts.ts";

// Changes of the state that depend on what somebody saw of it. Pure: the store calls them again where another was faster.

/** The state is not what the act was decided on. Nothing is told to anybody: whoever was faster has done it. */
export interface Overtaken {
  readonly code: "overtaken";
  readonly detail: string;
}

export const overtaken: Overtaken = { code: "overtaken", detail: "another replica was faster" };

export type Change = (state: OperationsState) => Result<NextState, RolloutRefusal | Overtaken>;

/** What must hold for a change to be made. */
export type Guard = (change: Change) => Change;

/** Only on the version that the operator saw. */
export function onVersion(ifVersion: number | undefined, change: Change): Change {
  return (state) => {
    if (ifVersion === undefined || state.version === ifVersion) return change(state);
    const detail = `found version ${state.version}, wanted ${ifVersion}; ${latestAct(state)}`;
    return err({ code: "rollout.changed", detail });
  };
}

/** Only while this step of this rollout is under way, so that what follows of it happens once. */
export function onStep({ id, step }: Pick<Rollout, "id" | "step">, change: Change): Change {
  return (state) => (state.rollout?.id === id && state.rollout.step === step ? change(state) : err(overtaken));
}

export function toNextStep(before: NonNullable<Rollout["before"]>, now: number): Change {
  return (state) => {
    const next = nextStep(state, now);
    return next.ok && next.value.rollout ? ok({ ...next.value, rollout: { ...next.value.rollout, before } }) : next;
  };
}

/** As many as the state keeps. */

/** Who did what last, in half a sentence. */
export function latestAct({ promoted, rollout, held, ended, quarantine }: OperationsState): string {
  const [end] = ended;
  // Of two at one instant the first of the list is the later one.
  const acts = [
    rollout && rollout.step > 0 && { at: rollout.stepAt, text: `step ${rollout.step + 1} of "${rollout.bundle.revision}" began` },
    rollout && { at: rollout.at, text: `the rollout of "${rollout.bundle.revision}" was begun by ${rollout.by}` },
    promoted && { at: promoted.at, text: `"${promoted.revision}" was promoted by ${promoted.by}` },
    end?.end === "rolled_back" && { at: end.at, text: `"${end.bundle.revision}" was rolled back by ${end.by}: ${end.why}` },
    held && { at: held.at, text: `"${held.revision}" is held for an operator` },
    ...quarantine.map(({ at, by, kind, subject }) => ({ at, text: `the ${kind} "${subject}" was quarantined by ${by}` })),
  ].flatMap((act) => act || []);
  const latest = acts.toSorted((one, other) => other.at - one.at)[0];
  return latest === undefined ? "what is there was lifted or ended" : `latest: ${latest.text}`;
}

/** The promoted bundle, or one that is on its way or held. */
export function isKnown(state: OperationsState, { digest }: Pick<StagedBundle, "digest">): boolean {
  return [state.promoted, state.rollout?.bundle, state.held].some((known) => known?.digest === digest);
}

/** What was taken back is not begun again by itself. */
export function wasRolledBack({ ended }: OperationsState, { digest }: Pick<StagedBundle, "digest">): boolean {
  return ended.some(({ bundle, end }) => end === "rolled_back" && bundle.digest === digest);
}

/** For what a source brought: two replicas bring the same. */
export function unlessKnown(bundle: StagedBundle, change: Change): Change {
  return (state) => (isKnown(state, bundle) ? err(overtaken) : change(state));
}

/** The refusal of an act that found nothing under way. */
export function gone(state: OperationsState): Result<never, RolloutRefusal> {
  return err({ code: "rollout.none", detail: `nothing is under way; ${latestAct(state)}` });
}

/** To an operator, somebody who was faster is a reason like any other. */
export function settled<T>(done: Result<T, RolloutRefusal | Overtaken>): Result<T, RolloutRefusal> {
  if (done.ok) return done;
  const { error } = done;
  return error.code === "overtaken" ? err({ code: "rollout.changed", detail: error.detail }) : err(error);
}
