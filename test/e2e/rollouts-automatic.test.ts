import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { type ComparisonCounts, noOperations } from "../../src/core/operations.ts";
import type { Comparing } from "../../src/gateway/comparing/index.ts";
import { manualClock } from "../../src/platform/clock.ts";
import { type Gate, signedBundle, startGate, told } from "../support/gate.ts";
import { narrow, narrowBundle, wide } from "../support/rollout-company.ts";

// What happens to new bundles by itself. The clock stands still until a test moves it; what was compared is told here, beside the few calls that are made.

let gate: Gate;
afterEach(() => gate.stop());

const clock = manualClock(Date.UTC(2026, 10, 21, 12));
const minute = 60_000;
const plan = {
  steps: [{ shadow: { for_s: 60 } }, { canary: { agents: ["bot-01"], for_s: 60 } }],
  rollback_if: ["new-denies>10", "failures>0"],
  min_calls: 5,
  at_end: "promote",
};

const open = async (rollout: Readonly<Record<string, unknown>>, bundle = {}) => {
  gate = await startGate({ company: wide, clock, bundle, config: { rollout } });
};
const rollouts = () => gate.started.built.rollouts;
const operations = () => gate.started.built.parts.operations;
const state = async () => (await rollouts().status()).state;

async function compared(flips: Partial<ComparisonCounts["flips"]>): Promise<void> {
  const { rollout = { id: "" } } = operations().current();
  expect(await operations().count(rollout.id, { flips, skipped: 0, differences: [] })).toMatchObject({ ok: true });
}

async function later(ms: number): Promise<void> {
  clock.advance(ms);
  await rollouts().look();
}

/** Whether this agent may note something; if not, the server behind saw nothing. */
async function mayNote(agent: string): Promise<boolean> {
  const before = gate.servers.desk?.calls.length ?? 0;
  const token = await gate.token({ agent, user: "ann", groups: ["staff"] });
  const { effect } = told(await gate.call("desk__note", {}, { token }));
  expect((gate.servers.desk?.calls.length ?? 0) - before).toBe(effect === "allow" ? 1 : 0);
  await (gate.started.built.parts.comparing as Comparing).settled();
  return effect === "allow";
}

async function acts(): Promise<readonly unknown[]> {
  return (await gate.records())
    .filter(({ kind, by }) => kind === "bundle" && by !== undefined)
    .map(({ effect, by }) => `${effect} by ${by}`);
}

describe("a plan for new bundles", () => {
  test("leads from shadow over a canary to a promotion when time is over and enough was compared", async () => {
    await open({ new_bundles: "plan", plan });
    expect(await rollouts().offer(await narrowBundle(gate))).toMatchObject({ ok: true });
    expect(await state()).toMatchObject({ promoted: { sequence: 1 }, rollout: { step: 0, by: "gateway", bundle: { sequence: 2 } } });
    expect(await mayNote("bot-01")).toBe(true);

    await later(minute);
    expect(await state(), "one call is not enough").toMatchObject({ rollout: { step: 0 } });
    await compared({ same: 5 });
    await later(0);
    expect(await state()).toMatchObject({ rollout: { step: 1, stepAt: clock.now(), before: { compared: 6 } } });
    expect(await mayNote("bot-01")).toBe(false);
    expect(await mayNote("bot-02")).toBe(true);

    await later(minute);
    expect(await state(), "one call is not enough").toMatchObject({ rollout: { step: 1 } });
    await compared({ same: 3, changed: 1 });
    await later(0);
    expect(await state()).toMatchObject({ promoted: { sequence: 2, by: "gateway" }, ended: [{ end: "promoted", by: "gateway" }] });
    expect(await mayNote("bot-02")).toBe(false);
    expect(await acts()).toEqual(["began by gateway", "step by gateway", "promoted by gateway"]);
  });

  test("goes back by itself when a rule holds, records why with the counts, and is not begun again by the same file", async () => {
    await open({ new_bundles: "plan", plan });
    const bytes = await narrowBundle(gate);
    await rollouts().offer(bytes);
    await compared({ same: 10, new_deny: 11 });
    await later(0);
    expect(await state()).toMatchObject({
      promoted: { sequence: 1 },
      ended: [{ end: "rolled_back", by: "gateway", why: "new-denies>10: 11 so far" }],
    });
    expect((await gate.records()).findLast(({ effect }) => effect === "rolled_back")).toMatchObject({
      bundle: { sequence: 2, revision: "r2" },
      counts: { compared: 21, new_deny: 11 },
      rollout: { mode: "shadow" },
    });
    expect(await rollouts().offer(bytes)).toMatchObject({ ok: true });
    await later(minute);
    expect(await state()).not.toHaveProperty("rollout");
    expect(await mayNote("bot-01")).toBe(true);
  });

  test("goes on where it was after a restart, by the time that passed meanwhile", async () => {
    await open({ new_bundles: "plan", plan });
    await rollouts().offer(await narrowBundle(gate));
    await compared({ same: 5 });
    const before = (await state()).rollout;
    await gate.restart();
    expect((await state()).rollout).toEqual(before);
    await later(minute);
    expect(await state()).toMatchObject({ rollout: { id: before?.id, step: 1 } });
    expect(await mayNote("bot-01")).toBe(false);
    await gate.restart();
    expect(await mayNote("bot-01")).toBe(false);
    expect(await mayNote("bot-02")).toBe(true);
  });

  test("holds a bundle that comes while another one is on its way, and begins it afterwards", async () => {
    await open({ new_bundles: "plan", plan });
    await rollouts().offer(await narrowBundle(gate));
    await rollouts().offer(await signedBundle(wide, { sequence: 3 }, gate.key));
    expect(await state()).toMatchObject({ rollout: { bundle: { sequence: 2 } }, held: { sequence: 3 } });
    await compared({ failed: 1 });
    await later(0);
    await later(0);
    expect(await state()).toMatchObject({ rollout: { bundle: { sequence: 3 } }, ended: [{ bundle: { sequence: 2 }, end: "rolled_back" }] });
    expect(await state()).not.toHaveProperty("held");
  });

  test("rolls a candidate back that expires on its way; what is active goes on", async () => {
    await open({ new_bundles: "plan", plan });
    const expires = new Date(clock.now() + 2 * minute).toISOString();
    await rollouts().offer(await narrowBundle(gate, { about: { expires } }));
    await compared({ same: 5 });
    await later(minute);
    expect(await mayNote("bot-01")).toBe(false);
    await later(minute);
    expect(await state()).toMatchObject({
      promoted: { sequence: 1 },
      ended: [{ end: "rolled_back", why: expect.stringContaining("expired") }],
    });
    expect(await mayNote("bot-01")).toBe(true);
    expect((await gate.readyz()).status).toBe(200);
  });
});

describe("a bundle that waits for an operator", () => {
  test("is held, changes nothing, and is promoted or begun by one", async () => {
    await open({ new_bundles: "hold" });
    await rollouts().offer(await narrowBundle(gate));
    expect(await state()).toMatchObject({ promoted: { sequence: 1 }, held: { sequence: 2 } });
    expect(await mayNote("bot-01")).toBe(true);
    await gate.restart();
    expect(await state()).toMatchObject({ promoted: { sequence: 1 }, held: { sequence: 2 } });
    const wanted = { steps: [{ mode: "canary", agents: ["bot-01"] }], rollbackIf: [], minCalls: 0, atEnd: "wait" } as const;
    expect(await rollouts().start(wanted, "olga")).toMatchObject({ ok: true, value: { rollout: { bundle: { sequence: 2 } } } });
    expect(await state()).not.toHaveProperty("held");
    expect(await mayNote("bot-01")).toBe(false);
    await rollouts().promote("", "olga");
    expect(await mayNote("bot-02")).toBe(false);
  });

  test("may be turned away, and is then not held again", async () => {
    await open({ new_bundles: "hold" });
    const bytes = await narrowBundle(gate);
    await rollouts().offer(bytes);
    expect(await rollouts().rollBack("not this one", "olga")).toMatchObject({ ok: true });
    await rollouts().offer(bytes);
    expect(await state()).not.toHaveProperty("held");
    expect(await acts()).toEqual(["held by gateway", "rolled_back by olga"]);
    expect(await mayNote("bot-01")).toBe(true);
  });

  test("is refused where its golden cases fail: it is not even held", async () => {
    await open({ new_bundles: "hold" });
    const failing = await narrowBundle(gate, { data: (data) => void data.cases.push({ name: "no", want: { effect: "deny" }, input: {} }) });
    expect(await rollouts().offer(failing)).toMatchObject({ ok: false, error: { code: "bundle.golden_case_failed" } });
    expect(await state()).not.toHaveProperty("held");
    expect(await mayNote("bot-01")).toBe(true);
  });
});

test("a newer bundle that is promoted at once ends the rollout of another, on record", async () => {
  await open({});
  await rollouts().stage(await narrowBundle(gate));
  await rollouts().start({ steps: [{ mode: "canary", percent: 100 }], rollbackIf: [], minCalls: 0, atEnd: "wait" }, "olga");
  expect(await mayNote("bot-01")).toBe(false);
  expect(await gate.offer(await signedBundle(wide, { sequence: 3 }, gate.key))).toEqual({ activated: true });
  expect(await state()).toMatchObject({ promoted: { sequence: 3 }, ended: [{ bundle: { sequence: 2 }, end: "rolled_back" }] });
  expect(await mayNote("bot-01")).toBe(true);
  expect(await acts()).toContain("rolled_back by gateway");
});

test("what the disk promoted before there was a shared state is told to it at the next start", async () => {
  await open({});
  await gate.offer(await signedBundle(narrow, { sequence: 2 }, gate.key));
  await gate.started.stop();
  await rm(join(gate.dataDir, "operations"), { recursive: true, force: true });
  await gate.restart();
  expect(await state()).toMatchObject({ promoted: { sequence: 2 } });
  expect((await state()).version).toBeGreaterThan(noOperations.version);
  expect(await mayNote("bot-01")).toBe(false);
});
