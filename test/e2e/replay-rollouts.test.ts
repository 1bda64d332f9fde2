import { afterEach, describe, expect, it } from "vitest";
import { workbenchOf } from "../../src/authoring/index.ts";
import type { RolloutStep } from "../../src/core/operations.ts";
import { rejudgeOf } from "../../src/gateway/index.ts";
import { type Impact, impactOn } from "../../src/hindsight/impact/index.ts";
import { placeOf } from "../../src/hindsight/records/index.ts";
import { holds, type Replay, replayLogs } from "../../src/hindsight/replay/index.ts";
import { type Company, type Gate, signedBundle, startGate, told } from "../support/gate.ts";
import { agents, narrow, narrowBundle, wide } from "../support/rollout-company.ts";

// One log in which two bundles decided in turns: the active one, and a candidate on its way through a real rollout.

let gate: Gate;
afterEach(() => gate.stop());

const rollouts = () => gate.started.built.rollouts;
const begin = (steps: readonly RolloutStep[]) => rollouts().start({ steps, rollbackIf: [], minCalls: 0, atEnd: "wait" }, "olga");

async function replay(): Promise<Replay> {
  const replayed = await replayLogs([placeOf(gate.dataDir)]);
  if (!replayed.ok) throw new Error(replayed.error.detail);
  return replayed.value;
}

async function impactOf(company: Company): Promise<Impact> {
  const bench = await workbenchOf("next", await signedBundle(company, { sequence: 9 }, gate.key));
  if (!bench.ok) throw new Error(JSON.stringify(bench.error));
  const { policy, rehearsal, manifest } = bench.value;
  const { environment } = manifest.metadata.toolgate;
  const second = rejudgeOf({ policy, catalog: rehearsal.catalog, targets: rehearsal.targets, bundle: { environment, tenant: "default" } });
  try {
    const found = await impactOn([placeOf(gate.dataDir)], second);
    if (!found.ok) throw new Error(found.error.detail);
    return found.value;
  } finally {
    await second.close();
  }
}

/** Every agent lists and calls `note`; counts the answers, and gives which agents were refused. */
async function round(counted: { allowed: number; denied: number }): Promise<readonly string[]> {
  const refused: string[] = [];
  for (const agent of agents) {
    const token = await gate.token({ agent, user: "ann", groups: ["staff"] });
    const { effect } = told(await gate.call("desk__note", {}, { token }));
    expect(["allow", "unknown"]).toContain(effect);
    counted[effect === "allow" ? "allowed" : "denied"] += 1;
    if (effect !== "allow") refused.push(agent);
    await gate.list({ token });
  }
  return refused;
}

const sequences = async () => {
  const judged = (await gate.records()).filter(({ kind, entrypoint }) => entrypoint === "toolgate/decide" && kind !== "question");
  return judged.map(({ bundle }) => bundle?.sequence);
};

describe("a log of a rollout", () => {
  it("is replayed, each record on the bundle that decided it, through canary, restart and promotion", async () => {
    gate = await startGate({ company: wide });
    const counted = { allowed: 0, denied: 0 };
    expect(await round(counted)).toEqual([]);
    expect(await rollouts().stage(await narrowBundle(gate))).toMatchObject({ ok: true });
    expect(await begin([{ mode: "canary", percent: 50 }])).toMatchObject({ ok: true });
    const chosen = await round(counted);
    expect(chosen.length).toBeGreaterThan(0);
    expect(chosen.length).toBeLessThan(agents.length);
    await gate.restart();
    expect(await round(counted)).toEqual(chosen);
    expect(await rollouts().promote("", "olga")).toMatchObject({ ok: true });
    expect(await round(counted)).toEqual(agents);

    // In turns: the log goes to and fro between the two.
    const turns = (await sequences()).filter((sequence, at, all) => at > 0 && sequence !== all[at - 1]).length;
    expect(turns).toBeGreaterThan(4);
    const found = await replay();
    expect(found).toMatchObject({ differences: [], faults: [], withoutBundle: [], logs: { logs: 2 } });
    expect(found.decisions).toMatchObject({ replayed: 80, equal: 80, unjudgeable: { count: 0 } });
    expect(found.lists).toMatchObject({ replayed: 80, equal: 80 });
    expect(found.admissions.different).toBe(0);
    expect(holds(found)).toBe(true);

    // Under either bundle, what the other one had decided is what changes, and nothing else.
    expect((await impactOf(narrow)).counts).toMatchObject({ "would-deny": counted.allowed, same: counted.denied, "would-allow": 0 });
    const widened = await impactOf(wide);
    expect(widened.counts).toMatchObject({ "would-allow": counted.denied, same: counted.allowed, "would-deny": 0 });
    expect(widened.byAgent.map(({ what }) => what).sort()).toEqual([...agents]);
  }, 120_000);

  it("with a shadow holds what the active bundle decided, and nothing of what the shadow would have", async () => {
    gate = await startGate({ company: wide });
    const counted = { allowed: 0, denied: 0 };
    expect(await rollouts().stage(await narrowBundle(gate))).toMatchObject({ ok: true });
    expect(await begin([{ mode: "shadow" }])).toMatchObject({ ok: true });
    expect(await round(counted)).toEqual([]);
    await gate.restart();
    expect(await round(counted)).toEqual([]);
    expect(new Set(await sequences())).toEqual(new Set([1]));
    const found = await replay();
    expect(found).toMatchObject({ decisions: { replayed: 40, equal: 40 }, differences: [], faults: [], withoutBundle: [] });
    expect((await impactOf(narrow)).counts).toMatchObject({ "would-deny": 40, same: 0 });
    expect((await impactOf(wide)).counts).toMatchObject({ same: 40 });
  }, 120_000);
});
