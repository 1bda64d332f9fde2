import {
  type EndedRollout,
  type OperationsState,
  type Quarantined,
  type Rollout,
  type StagedBundle,
  stagedOf,
} from "../../core/operations.ts";
import { err, ok, type Result } from "../../core/result.ts";

// What operators do, as arithmetic on the state: the clock and ids are passed in, nothing is stored. Quarantine and
// rollouts never touch each other, and the sequence of what is promoted never falls.

/** What a change makes of the state; its version is the store's business. */
export type NextState = Omit<OperationsState, "version">;

/** Why an act on the rollout does not fit to the state it met. */
export interface StateRefusal {
  readonly code: "rollout.none" | "rollout.busy" | "rollout.promoted" | "rollout.invalid";
  readonly detail: string;
}

/** How many rollouts that ended are remembered, the latest first. */
export const MOST_ENDED = 20;
/** How long a quarantine that ended by its time is still shown. */
const SHOWN_AFTER_END_MS = 7 * 24 * 60 * 60 * 1000;

/** Adds the entry, or replaces the one of the same id. Entries whose time was over a week ago are dropped on the way. */
export function withQuarantine(state: NextState, entry: Quarantined): NextState {
  const others = state.quarantine.filter(({ id, until }) => id !== entry.id && (until ?? Infinity) > entry.at - SHOWN_AFTER_END_MS);
  return { ...state, quarantine: [...others, entry] };
}

/** Lifts the entry; a state without it stays as it is. */
export function withoutQuarantine(state: NextState, id: string): NextState {
  return { ...state, quarantine: state.quarantine.filter((entry) => entry.id !== id) };
}

/** What is in force at `now`: `until` itself is over. */
export function activeQuarantine(state: NextState, now: number): readonly Quarantined[] {
  return state.quarantine.filter(({ until }) => until === undefined || now < until);
}

/** Keeps a bundle for an operator to decide about. A lower sequence than what is held or promoted changes nothing. */
export function hold(state: NextState, bundle: StagedBundle, at: number): NextState {
  const known = Math.max(state.promoted?.sequence ?? 0, state.held?.sequence ?? 0);
  return bundle.sequence <= known ? state : { ...state, held: { ...stagedOf(bundle), at } };
}

/**
 * Begins a rollout. One of the same bundle that is under way goes on with these steps, under the id and from the time it
 * has; one of another bundle refuses (`rollout.busy`), and so does a bundle below what is promoted (`rollout.promoted`).
 */
export function begin(state: NextState, rollout: Rollout): Result<NextState, StateRefusal> {
  const { bundle } = rollout;
  const underWay = state.rollout;
  if (underWay !== undefined && underWay.bundle.digest !== bundle.digest) {
    return refuse(
      "rollout.busy",
      `"${underWay.bundle.revision}" (sequence ${underWay.bundle.sequence}) is under way since ${underWay.by} began it`,
    );
  }
  if (rollout.steps[rollout.step] === undefined) return refuse("rollout.invalid", `found no step ${rollout.step + 1}`);
  const passed = promotedRefusal(state, bundle);
  if (passed !== undefined) return err(passed);
  if (state.promoted?.digest === bundle.digest) return refuse("rollout.promoted", `"${bundle.revision}" is promoted already`);
  const begun = underWay === undefined ? rollout : { ...rollout, id: underWay.id, at: underWay.at };
  return ok({ ...withoutHeld(state, ({ digest }) => digest === bundle.digest), rollout: begun });
}

/** Goes on to the next step; `rollout.invalid` after the last one. `before` is what was counted until now. */
export function nextStep(state: NextState, at: number, before?: Rollout["before"]): Result<NextState, StateRefusal> {
  if (state.rollout === undefined) return refuse("rollout.none", "nothing is under way");
  const { before: _, ...rollout } = state.rollout;
  const step = rollout.step + 1;
  if (step >= rollout.steps.length) return refuse("rollout.invalid", `step ${rollout.step + 1} is the last one`);
  return ok({ ...state, rollout: { ...rollout, step, stepAt: at, ...(before !== undefined && { before }) } });
}

/**
 * Makes the bundle what everybody decides with. Refuses a sequence below what is promoted, and the same sequence with other
 * content. Promoting what is promoted changes nothing. The rollout that is under way ends: promoted if it was of this
 * bundle, rolled back if it was of another one, because its candidate was compared with what is not promoted any more.
 */
export function promote(state: NextState, bundle: StagedBundle, by: string, at: number, why: string): Result<NextState, StateRefusal> {
  const passed = promotedRefusal(state, bundle);
  if (passed !== undefined) return err(passed);
  if (state.promoted?.digest === bundle.digest && state.rollout === undefined) return ok(state);
  const mine = state.rollout?.bundle.digest === bundle.digest;
  const reason = mine ? why : `"${bundle.revision}" (sequence ${bundle.sequence}) was promoted`;
  const left = withoutHeld(
    withoutRollout(state, mine ? "promoted" : "rolled_back", by, at, reason),
    ({ sequence }) => sequence <= bundle.sequence,
  );
  const same = state.promoted?.digest === bundle.digest ? state.promoted : undefined;
  return ok({ ...left, promoted: same ?? { ...stagedOf(bundle), at, by } });
}

/** Ends the rollout; what is promoted stays. `rollout.promoted` where the latest one was promoted: there is no way back. */
export function rollBack(state: NextState, by: string, at: number, why: string): Result<NextState, StateRefusal> {
  if (state.rollout !== undefined) return ok(withoutRollout(state, "rolled_back", by, at, why));
  const [latest] = state.ended;
  if (latest?.end === "promoted" && latest.bundle.digest === state.promoted?.digest) {
    return refuse("rollout.promoted", `"${latest.bundle.revision}" (sequence ${latest.bundle.sequence}) was promoted by ${latest.by}`);
  }
  return refuse("rollout.none", "nothing is under way");
}

/** Turns away what was held for an operator, under an id of its own; nothing where a rollout is under way, or nothing is held. */
export function turnAwayHeld(state: NextState, id: string, by: string, at: number, why: string): NextState | undefined {
  const { held, ...rest } = state;
  if (held === undefined || state.rollout !== undefined) return undefined;
  return withEnded(rest, { id, bundle: stagedOf(held), end: "rolled_back", by, at, why });
}

function withoutRollout(state: NextState, end: EndedRollout["end"], by: string, at: number, why: string): NextState {
  const { rollout, ...rest } = state;
  if (rollout === undefined) return state;
  return withEnded(rest, { id: rollout.id, bundle: rollout.bundle, end, by, at, why });
}

function withEnded(state: NextState, entry: EndedRollout): NextState {
  return { ...state, ended: [entry, ...state.ended].slice(0, MOST_ENDED) };
}

function withoutHeld(state: NextState, isSettled: (held: StagedBundle) => boolean): NextState {
  const { held, ...rest } = state;
  return held !== undefined && isSettled(held) ? rest : state;
}

function promotedRefusal({ promoted }: NextState, bundle: StagedBundle): StateRefusal | undefined {
  if (promoted === undefined || bundle.sequence > promoted.sequence || bundle.digest === promoted.digest) return undefined;
  const found = `sequence ${bundle.sequence} of "${bundle.revision}"`;
  const detail =
    bundle.sequence === promoted.sequence
      ? `${found} has other content than the promoted "${promoted.revision}"`
      : `${found} is below ${promoted.sequence} of the promoted "${promoted.revision}"`;
  return { code: "rollout.promoted", detail };
}

function refuse(code: StateRefusal["code"], detail: string): Result<never, StateRefusal> {
  return err({ code, detail });
}
