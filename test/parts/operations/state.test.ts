import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { noOperations, type OperationsState } from "../../../src/core/operations.ts";
import { ok, type Result } from "../../../src/core/result.ts";
import {
  activeQuarantine,
  begin,
  hold,
  type NextState,
  nextStep,
  promote,
  rollBack,
  type StateRefusal,
  withoutQuarantine,
  withQuarantine,
} from "../../../src/parts/operations/index.ts";
import { asKept } from "../../../src/parts/operations/state-schema.ts";
import { bundle, entry, NOW, rollout } from "./sample-state.ts";

const stateOf = (result: Result<NextState, StateRefusal>): OperationsState => {
  if (!result.ok) throw new Error(result.error.detail);
  return { ...result.value, version: 0 };
};
const under = stateOf(begin(noOperations, rollout(bundle(4))));
const promoted = stateOf(promote(noOperations, bundle(4), "ann", NOW, "good"));

describe("quarantine", () => {
  test("holds until its time, which is over at that instant, and without one until it is lifted", () => {
    const state = withQuarantine(withQuarantine(noOperations, entry("a", { until: NOW + 10 })), entry("b"));
    const active = (now: number) => activeQuarantine(state, now).map(({ id }) => id);
    expect([active(NOW), active(NOW + 9), active(NOW + 10)]).toEqual([["a", "b"], ["a", "b"], ["b"]]);
    expect(withoutQuarantine(state, "b").quarantine.map(({ id }) => id)).toEqual(["a"]);
    expect(withoutQuarantine(state, "c")).toEqual(state);
  });

  test("of the same id is replaced, and what was over a week ago goes with the next entry", () => {
    const week = 7 * 24 * 3_600_000;
    const state = withQuarantine(withQuarantine(noOperations, entry("a", { until: NOW })), entry("b", { until: NOW + 1 }));
    expect(withQuarantine(state, entry("b", { reason: "worse" })).quarantine).toEqual([
      entry("a", { until: NOW }),
      entry("b", { reason: "worse" }),
    ]);
    expect(withQuarantine(state, entry("c", { at: NOW + week })).quarantine.map(({ id }) => id)).toEqual(["b", "c"]);
  });
});

describe("a rollout", () => {
  test("begins, goes through its steps and is promoted", () => {
    expect(under.rollout).toEqual(rollout(bundle(4)));
    const counted = { compared: 7, flips: { same: 7, changed: 0, new_deny: 0, new_allow: 0, new_ask: 0, failed: 0 } };
    const second = stateOf(nextStep(under, NOW + 1, counted));
    expect(second.rollout).toEqual({ ...rollout(bundle(4)), step: 1, stepAt: NOW + 1, before: counted });
    const third = stateOf(nextStep(second, NOW + 2));
    expect(third.rollout).toEqual({ ...rollout(bundle(4)), step: 2, stepAt: NOW + 2 });
    expect(nextStep(third, NOW + 3)).toMatchObject({ error: { code: "rollout.invalid" } });
    const end = stateOf(promote(third, bundle(4), "gateway", NOW + 4, "the last step is over"));
    expect(end.promoted).toEqual({ ...bundle(4), at: NOW + 4, by: "gateway" });
    expect(end.rollout).toBeUndefined();
    expect(end.ended).toEqual([
      { id: "rol_r4", bundle: bundle(4), end: "promoted", by: "gateway", at: NOW + 4, why: "the last step is over" },
    ]);
  });

  test("is rolled back, and what is promoted stays", () => {
    const both = stateOf(begin(promoted, rollout(bundle(5))));
    const end = stateOf(rollBack(both, "bob", NOW + 1, "too many refusals"));
    expect(end).toEqual({
      ...promoted,
      ended: [{ id: "rol_r5", bundle: bundle(5), end: "rolled_back", by: "bob", at: NOW + 1, why: "too many refusals" }],
    });
    expect(rollBack(end, "bob", NOW, "again")).toMatchObject({ error: { code: "rollout.none" } });
  });

  test("of the same bundle that is under way goes on with the new steps under its id", () => {
    const again = rollout(bundle(4), {
      id: "rol_other",
      steps: [{ mode: "canary", percent: 50 }],
      by: "bob",
      at: NOW + 5,
      stepAt: NOW + 5,
    });
    expect(stateOf(begin(under, again)).rollout).toEqual({ ...again, id: "rol_r4", at: NOW });
  });

  test.each<[string, Result<NextState, StateRefusal>, StateRefusal["code"]]>([
    ["another bundle is under way", begin(under, rollout(bundle(5))), "rollout.busy"],
    ["its bundle is below the promoted one", begin(promoted, rollout(bundle(3))), "rollout.promoted"],
    ["its bundle has the promoted sequence and other content", begin(promoted, rollout(bundle(4, "x"))), "rollout.promoted"],
    ["its bundle is promoted", begin(promoted, rollout(bundle(4))), "rollout.promoted"],
    ["it has no such step", begin(noOperations, rollout(bundle(4), { step: 3 })), "rollout.invalid"],
    ["it has no steps", begin(noOperations, rollout(bundle(4), { steps: [] })), "rollout.invalid"],
    ["a step of none", nextStep(noOperations, NOW), "rollout.none"],
    ["nothing to roll back", rollBack(promoted, "ann", NOW, ""), "rollout.none"],
    ["it is promoted", rollBack(stateOf(promote(under, bundle(4), "ann", NOW, "")), "ann", NOW, ""), "rollout.promoted"],
    ["a promotion below the promoted one", promote(promoted, bundle(3), "ann", NOW, ""), "rollout.promoted"],
    ["a promotion of other content", promote(promoted, bundle(4, "x"), "ann", NOW, ""), "rollout.promoted"],
  ])("is refused: %s", (_, result, code) => {
    expect(result).toMatchObject({ ok: false, error: { code } });
  });

  test("ends when another bundle is promoted, and says by which", () => {
    const end = stateOf(promote(under, bundle(6), "ann", NOW, "urgent"));
    expect(end.ended).toMatchObject([{ id: "rol_r4", end: "rolled_back", why: '"r6" (sequence 6) was promoted' }]);
  });

  test("promoting what is promoted changes nothing", () => {
    expect(promote(promoted, bundle(4), "bob", NOW + 9, "again")).toEqual(ok(promoted));
  });

  test("a bundle is held until it, or a higher one, is taken", () => {
    const held = hold(noOperations, { ...bundle(5), by: "nobody" } as ReturnType<typeof bundle>, NOW);
    expect(held.held).toEqual({ ...bundle(5), at: NOW });
    expect(hold(held, bundle(4), NOW)).toEqual(held);
    expect(hold(promoted, bundle(4, "x"), NOW)).toEqual(promoted);
    expect(stateOf(promote(held, bundle(4), "ann", NOW, "")).held).toEqual(held.held);
    expect(stateOf(promote(held, bundle(6), "ann", NOW, "")).held).toBeUndefined();
    expect(stateOf(begin(held, rollout(bundle(5)))).held).toBeUndefined();
    expect(stateOf(begin(held, rollout(bundle(6)))).held).toEqual(held.held);
  });
});

describe("whatever operators do, in whatever order", () => {
  type Act = (state: OperationsState, now: number) => Result<NextState, StateRefusal>;
  const sequences = fc.integer({ min: 1, max: 40 });
  const rolloutActs: fc.Arbitrary<Act> = fc.oneof(
    sequences.map(
      (sequence): Act =>
        (state, now) =>
          begin(state, rollout(bundle(sequence), { id: `rol_${now}`, stepAt: now, at: now })),
    ),
    fc.constant<Act>((state, now) => nextStep(state, now)),
    fc.constant<Act>((state, now) => rollBack(state, "ann", now, "no")),
    fc.constant<Act>((state, now) => (state.rollout ? promote(state, state.rollout.bundle, "ann", now, "yes") : ok(state))),
    sequences.map(
      (sequence): Act =>
        (state, now) =>
          promote(state, bundle(sequence), "bob", now, "offered"),
    ),
    sequences.map(
      (sequence): Act =>
        (state, now) =>
          ok(hold(state, bundle(sequence), now)),
    ),
  );
  const quarantineActs: fc.Arbitrary<Act> = fc.oneof(
    fc.constantFrom("a", "b", "c").map(
      (id): Act =>
        (state, now) =>
          ok(withQuarantine(state, entry(id, { at: now }))),
    ),
    fc.constantFrom("a", "b", "c").map(
      (id): Act =>
        (state) =>
          ok(withoutQuarantine(state, id)),
    ),
  );
  const acts = fc.array(
    fc.oneof(
      rolloutActs.map((act) => ({ of: "rollout" as const, act })),
      quarantineActs.map((act) => ({ of: "quarantine" as const, act })),
    ),
    { maxLength: 120, size: "max" },
  );

  test("each state can be kept, no version or floor is touched, at most twenty ends are told, and neither side touches the other", () => {
    fc.assert(
      fc.property(acts, (all) => {
        let state: OperationsState = noOperations;
        for (const [index, { of, act }] of all.entries()) {
          const before = structuredClone(state);
          const result = act(state, NOW + index);
          expect(state).toEqual(before);
          if (!result.ok) continue;
          const next = { ...result.value, version: state.version };
          expect(asKept(next, 0)).toEqual(next);
          expect((result.value as { version?: number }).version ?? 0).toBe(0);
          expect(next.promoted?.sequence ?? 0).toBeGreaterThanOrEqual(state.promoted?.sequence ?? 0);
          if (next.rollout) expect(next.rollout.bundle.sequence).toBeGreaterThan(next.promoted?.sequence ?? 0);
          expect(next.ended.length).toBeLessThanOrEqual(20);
          if (of === "rollout") expect(next.quarantine).toBe(state.quarantine);
          else expect({ ...next, quarantine: [] }).toEqual({ ...state, quarantine: [] });
          state = next;
        }
      }),
      { numRuns: 300 },
    );
  });
});
