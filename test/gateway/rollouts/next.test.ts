import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ComparisonCounts, flips, type RollbackRule, type Rollout, type RolloutStep } from "../../../src/core/operations.ts";
import { next } from "../../../src/gateway/rollouts/next.ts";

type Counts = Pick<ComparisonCounts, "compared" | "flips">;

const steps: readonly RolloutStep[] = [
  { mode: "shadow", forMs: 1_000 },
  { mode: "canary", percent: 10, forMs: 1_000 },
];

function rollout(of: Partial<Rollout> = {}): Rollout {
  const bundle = { name: "n", revision: "r2", sequence: 2, digest: `sha256:${"0".repeat(64)}`, signer: "k" } as const;
  const rest = { rollbackIf: [], minCalls: 5, by: "gateway", at: 0, step: 0, stepAt: 0 };
  return { id: "rol_1", bundle, steps, atEnd: "promote", ...rest, ...of };
}

function counts(of: Partial<ComparisonCounts["flips"]>): Counts {
  const all = { same: 0, changed: 0, new_deny: 0, new_allow: 0, new_ask: 0, failed: 0, ...of };
  return { compared: Object.values(all).reduce((sum, each) => sum + each, 0), flips: all };
}

const flipped = fc.record(
  Object.fromEntries(flips.map((flip) => [flip, fc.nat(200)])) as Record<(typeof flips)[number], fc.Arbitrary<number>>,
);
const rule: fc.Arbitrary<RollbackRule> = fc.record({
  measure: fc.constantFrom("changed", "new_deny", "new_allow", "new_ask", "failed"),
  above: fc.nat(99),
  unit: fc.constantFrom("calls", "percent"),
});

describe("what follows of a rollout by itself", () => {
  test("is nothing before its time, the next step then, and what `atEnd` says after the last", () => {
    const enough = counts({ same: 5 });
    expect(next(rollout(), enough, 999)).toEqual({ act: "nothing" });
    expect(next(rollout(), enough, 1_000)).toEqual({ act: "step" });
    expect(next(rollout({ step: 1 }), enough, 1_000)).toMatchObject({ act: "promote" });
    expect(next(rollout({ step: 1, atEnd: "wait" }), enough, 1_000_000)).toEqual({ act: "nothing" });
  });

  test("is nothing where a step has no time", () => {
    expect(next(rollout({ steps: [{ mode: "shadow" }] }), counts({ same: 1_000 }), 1e12)).toEqual({ act: "nothing" });
  });

  test("waits for calls that were compared in this very step: a canary that nobody used proves nothing", () => {
    const before = counts({ same: 500 });
    const canary = rollout({ step: 1, before });
    expect(next(canary, counts({ same: 504 }), 1e12)).toEqual({ act: "nothing" });
    expect(next(canary, counts({ same: 505 }), 1e12)).toMatchObject({ act: "promote" });
  });

  test("goes back over a rule in calls at once, and says which and by how much", () => {
    const ruled = rollout({ rollbackIf: [{ measure: "new_deny", above: 3, unit: "calls" }] });
    expect(next(ruled, counts({ new_deny: 3 }), 0)).toEqual({ act: "nothing" });
    expect(next(ruled, counts({ new_deny: 4 }), 0)).toEqual({ act: "roll_back", why: "new-denies>3: 4 so far" });
  });

  test("goes back over a rule in percent only when enough was compared in this step", () => {
    const ruled = rollout({ rollbackIf: [{ measure: "new_deny", above: 50, unit: "percent" }], before: counts({ same: 1_000 }) });
    expect(next(ruled, counts({ same: 1_000, new_deny: 4 }), 0)).toEqual({ act: "nothing" });
    expect(next(ruled, counts({ same: 1_000, new_deny: 5 }), 0)).toEqual({ act: "roll_back", why: "new-denies>50%: 5 of 5 calls" });
  });

  test("is never a promotion while a rule holds, and never anything but going back before the time is over", () => {
    fc.assert(
      fc.property(fc.array(rule), flipped, fc.nat(3_000), fc.nat(100), fc.constantFrom(0, 1), (rollbackIf, of, now, minCalls, step) => {
        const counted = counts(of);
        const found = next(rollout({ rollbackIf, minCalls, step }), counted, now);
        const holds = rollbackIf.some(({ measure, above, unit }) => {
          if (unit === "calls") return counted.flips[measure] > above;
          return counted.compared >= Math.max(1, minCalls) && (counted.flips[measure] / counted.compared) * 100 > above + 1e-9;
        });
        if (holds) expect(found.act).toBe("roll_back");
        if (found.act === "step" || found.act === "promote") {
          expect(now).toBeGreaterThanOrEqual(1_000);
          expect(counted.compared).toBeGreaterThanOrEqual(minCalls);
          expect(found.act).toBe(step === 0 ? "step" : "promote");
        }
      }),
    );
  });

  test("once it is to go back, more of the same changes nothing about it where rules count calls", () => {
    const inCalls = rule.map((each): RollbackRule => ({ ...each, unit: "calls" }));
    fc.assert(
      fc.property(fc.array(inCalls), flipped, flipped, fc.nat(3_000), (rollbackIf, of, more, now) => {
        const ruled = rollout({ rollbackIf });
        if (next(ruled, counts(of), now).act !== "roll_back") return;
        const sum = Object.fromEntries(flips.map((flip) => [flip, of[flip] + more[flip]]));
        expect(next(ruled, counts(sum), now + 1).act).toBe("roll_back");
      }),
    );
  });
});
