import { describe, expect, test } from "vitest";
import { planOf, rolloutConfig } from "../../../src/gateway/rollouts/index.ts";
import { stepsMistake } from "../../../src/gateway/rollouts/steps.ts";

const plan = {
  steps: [{ shadow: { for_s: 60 } }, { canary: { percent: 5, for_s: 1_800 } }, { canary: { agents: ["bot"] } }],
  rollback_if: ["new-denies>20", "failures>0", "new-denies>2%"],
  min_calls: 7,
  at_end: "promote",
};

describe("the section `rollout`", () => {
  test("promotes at once by default", () => {
    const read = rolloutConfig.parse({});
    expect(read).toMatchObject({ new_bundles: "promote" });
    expect(planOf(read)).toBeUndefined();
  });

  test("becomes the steps and rules of a plan", () => {
    expect(planOf(rolloutConfig.parse({ new_bundles: "plan", plan }))).toEqual({
      steps: [
        { mode: "shadow", forMs: 60_000 },
        { mode: "canary", percent: 5, forMs: 1_800_000 },
        { mode: "canary", agents: ["bot"] },
      ],
      rollbackIf: [
        { measure: "new_deny", above: 20, unit: "calls" },
        { measure: "failed", above: 0, unit: "calls" },
        { measure: "new_deny", above: 2, unit: "percent" },
      ],
      minCalls: 7,
      atEnd: "promote",
    });
  });

  test.each([
    ["a plan that nothing goes by", { plan }],
    ["a mode without its plan", { new_bundles: "plan" }],
    ["no step", { new_bundles: "plan", plan: { ...plan, steps: [] } }],
    ["a share and names at once", { new_bundles: "plan", plan: { ...plan, steps: [{ canary: { percent: 5, agents: ["bot"] } }] } }],
    ["a canary of nobody", { new_bundles: "plan", plan: { ...plan, steps: [{ canary: { for_s: 5 } }] } }],
    ["more than everybody", { new_bundles: "plan", plan: { ...plan, steps: [{ canary: { percent: 101 } }] } }],
    ["a rule that cannot be read", { new_bundles: "plan", plan: { ...plan, rollback_if: ["denies>1"] } }],
    [
      "a step that never ends before another",
      { new_bundles: "plan", plan: { ...plan, steps: [{ shadow: {} }, { canary: { percent: 5 } }] } },
    ],
    ["an unknown word", { new_bundles: "later" }],
  ])("refuses %s", (_, config) => {
    expect(rolloutConfig.safeParse(config).success).toBe(false);
  });
});

describe("steps that an operator asks for", () => {
  test.each([
    [[{ mode: "shadow" }]],
    [
      [
        { mode: "shadow", forMs: 1 },
        { mode: "canary", percent: 1 },
      ],
    ],
    [[{ mode: "canary", agents: ["a"] }]],
  ] as const)("make sense as %j", (steps) => {
    expect(stepsMistake(steps)).toBeUndefined();
  });

  test.each([
    [[], "no step"],
    [[{ mode: "canary" }], "either"],
    [[{ mode: "canary", percent: 0 }], "1 to 100"],
    [[{ mode: "canary", percent: Number.NaN }], "1 to 100"],
    [[{ mode: "canary", percent: 5, agents: ["a"] }], "either"],
    [[{ mode: "canary", agents: [] }], "no agent"],
    [[{ mode: "shadow", percent: 5 }], "none in shadow"],
    [[{ mode: "shadow", forMs: 0 }], "more than 0"],
    [[{ mode: "shadow" }, { mode: "canary", percent: 5 }], "step 1"],
  ] as const)("make none as %j", (steps, said) => {
    expect(stepsMistake(steps)).toContain(said);
  });
});
