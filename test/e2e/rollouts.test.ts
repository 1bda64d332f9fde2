import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import type { Digest } from "../../src/core/digest.ts";
import type { RolloutStep } from "../../src/core/operations.ts";
import { type Gate, type GateOptions, signedBundle, startGate, throwAwayKey, told } from "../support/gate.ts";
import { agents, narrowBundle, wide } from "../support/rollout-company.ts";

// One gateway. `wide` is active: everybody may use echo and note. `narrow` is on its way: it knows echo alone.

let gate: Gate;
afterEach(() => gate.stop());

const open = async (options: Partial<GateOptions> = {}) => {
  gate = await startGate({ company: wide, ...options });
};
const rollouts = () => gate.started.built.rollouts;
const seen = (tool: string) => gate.servers.desk?.calls.filter((call) => call.tool === tool).length;
const as = async (agent: string) => ({ token: await gate.token({ agent, user: "ann", groups: ["staff"] }) });
const begin = (steps: readonly RolloutStep[], digest?: Digest) =>
  rollouts().start({ ...(digest ? { digest } : {}), steps, rollbackIf: [], minCalls: 0, atEnd: "wait" }, "olga");
const half = [{ mode: "canary", percent: 50 }] as const;

/** Which agents are decided by the candidate, by what they see and by what their calls meet. */
async function narrowed(): Promise<readonly string[]> {
  const found: string[] = [];
  for (const agent of agents) {
    const before = seen("note");
    const tools = await gate.list(await as(agent));
    const { effect } = told(await gate.call("desk__note", {}, await as(agent)));
    const isNarrowed = !tools.includes("desk__note");
    // List and call agree, and what is refused reached nobody.
    expect(effect, agent).toBe(isNarrowed ? "unknown" : "allow");
    expect(seen("note")).toBe((before ?? 0) + (isNarrowed ? 0 : 1));
    if (isNarrowed) found.push(agent);
  }
  return found;
}

async function staged(change = {}): Promise<Digest> {
  const bundle = await rollouts().stage(await narrowBundle(gate, change));
  if (!bundle.ok) throw new Error(`${bundle.error.code}: ${bundle.error.detail}`);
  return bundle.value.digest;
}

async function acts(): Promise<readonly unknown[]> {
  return (await gate.records()).filter(({ kind, by }) => kind === "bundle" && by !== undefined).map(({ effect, by }) => [effect, by]);
}

describe("a canary", () => {
  test("decides lists and calls of the agents in its share, and of nobody else; its decisions name its bundle", async () => {
    await open();
    const digest = await staged();
    expect(await narrowed()).toEqual([]);
    expect(await begin(half)).toMatchObject({ ok: true });
    const { canary } = await rollouts().status();
    const chosen = await narrowed();
    expect(chosen.length).toBeGreaterThan(0);
    expect(chosen.length).toBeLessThan(agents.length);
    expect(canary?.named.filter((id) => agents.includes(id))).toEqual(chosen);
    expect(canary).toMatchObject({ of: agents.length + 1 });

    const calls = (await gate.records()).filter(({ method, kind }) => method === "tools/call" && kind !== "outcome");
    const byCandidate = calls.filter(({ bundle }) => bundle?.digest === digest);
    const agentOf = (record: (typeof calls)[number]) => (record.principal as { readonly agent: string }).agent;
    expect(byCandidate.map(agentOf)).toEqual(chosen);
  });

  test("keeps who is in a small share in a larger one, and lets everybody go when it is rolled back", async () => {
    await open();
    await staged();
    await begin([{ mode: "canary", percent: 25 }]);
    const few = await narrowed();
    await begin([{ mode: "canary", percent: 75 }]);
    const many = await narrowed();
    expect(many.length).toBeGreaterThan(few.length);
    expect(many).toEqual(expect.arrayContaining([...few]));
    expect(await rollouts().rollBack("too narrow", "olga")).toMatchObject({ ok: true });
    expect(await narrowed()).toEqual([]);
    expect((await rollouts().status()).state).toMatchObject({ ended: [{ end: "rolled_back", by: "olga", why: "too narrow" }] });
    expect(await acts()).toEqual([
      ["began", "olga"],
      ["step", "olga"],
      ["rolled_back", "olga"],
    ]);
  });

  test("of named agents has them alone; in shadow nobody is decided by the candidate", async () => {
    await open();
    await staged();
    await begin([{ mode: "shadow" }]);
    expect(await narrowed()).toEqual([]);
    await begin([{ mode: "canary", agents: ["bot-03", "bot-07"] }]);
    expect(await narrowed()).toEqual(["bot-03", "bot-07"]);
  });

  test("tells those who listen for changes of lists when it begins, steps and ends, and not for a shadow", async () => {
    await open();
    await staged();
    let told = 0;
    gate.started.built.gateway.onListChanged(() => {
      told += 1;
    });
    const tells = async (act: () => Promise<unknown>) => {
      const before = told;
      await act();
      return told > before;
    };
    expect(await tells(() => begin([{ mode: "shadow" }]))).toBe(false);
    expect(await tells(() => begin(half))).toBe(true);
    expect(await tells(() => begin([{ mode: "canary", percent: 60 }]))).toBe(true);
    expect(await tells(() => rollouts().rollBack("", "olga"))).toBe(true);
  });

  test("shows in readiness and metrics what is on its way, and the gate stays ready", async () => {
    await open();
    await staged();
    await begin(half);
    const { status, body } = await gate.readyz();
    expect(status).toBe(200);
    expect(JSON.stringify(body)).toContain("r2 sequence 2 is in a canary of 50 %");
    const metrics = await (await fetch(`${gate.url}/metrics`)).text();
    expect(metrics).toContain('toolgate_rollout{mode="canary",revision="r2"} 50');
  });
});

describe("a promotion", () => {
  test("makes the candidate decide for all, and outlives a restart with the older file", async () => {
    await open();
    const digest = await staged();
    await begin(half);
    expect(await rollouts().promote("it does well", "olga")).toMatchObject({ ok: true, value: { promoted: { digest, by: "olga" } } });
    expect(await narrowed()).toEqual(agents);
    expect(await acts()).toEqual([
      ["began", "olga"],
      ["promoted", "olga"],
    ]);
    await gate.restart();
    expect(await narrowed()).toEqual(agents);
    expect((await rollouts().status()).state).toMatchObject({ promoted: { digest } });
  });

  test("cannot be taken back, nor done twice, and says who did it", async () => {
    await open();
    await staged();
    await begin(half);
    await rollouts().promote("", "olga");
    expect(await rollouts().rollBack("", "petra")).toMatchObject({ ok: false, error: { code: "rollout.promoted" } });
    expect(await rollouts().promote("", "petra")).toMatchObject({
      ok: false,
      error: { code: "rollout.none", detail: expect.stringContaining("olga") },
    });
  });

  test("of two operators at once happens once, and the other hears who was faster", async () => {
    await open();
    await staged();
    await begin(half);
    const { version } = (await rollouts().status()).state;
    const [one, other] = await Promise.all([rollouts().promote("", "olga", version), rollouts().rollBack("", "petra", version)]);
    expect(one).toMatchObject({ ok: true });
    expect(other).toMatchObject({ ok: false, error: { code: "rollout.changed", detail: expect.stringContaining("promoted by olga") } });
    expect(await narrowed()).toEqual(agents);
  });
});

describe("a restart", () => {
  test.each([
    ["shadow", [{ mode: "shadow" }]],
    ["canary", half],
  ] as const)("in the middle of a %s goes on where it was", async (_, steps) => {
    await open();
    const digest = await staged();
    await begin(steps);
    const before = await narrowed();
    await gate.restart();
    expect(await narrowed()).toEqual(before);
    const { state, replicas } = await rollouts().status();
    expect(state.rollout).toMatchObject({ bundle: { digest }, steps });
    expect(replicas).toMatchObject([{ candidate: digest, version: state.version }]);
  });
});

describe("what is not fit", () => {
  test("is not staged and changes nothing: an older sequence, other content under the same one, failing cases, a foreign key", async () => {
    await open({ bundle: { sequence: 5 } });
    const failing = { data: (data: { cases: unknown[] }) => void data.cases.push({ name: "no", want: { effect: "deny" }, input: {} }) };
    for (const [change, code] of [
      [{ sequence: 4 }, "bundle.older_sequence"],
      [{ sequence: 5 }, "bundle.same_sequence_other_content"],
      [{ sequence: 6, ...failing }, "bundle.golden_case_failed"],
      [{ sequence: 6, about: { tenant: "other" } }, "bundle.wrong_place"],
      [{ sequence: 6, about: { expires: "2020-01-01T00:00:00Z" } }, "bundle.expired"],
    ] as const) {
      expect(await rollouts().stage(await narrowBundle(gate, change)), code).toMatchObject({ ok: false, error: { code } });
    }
    const foreign = await narrowBundle({ key: throwAwayKey("foreign") }, { sequence: 6 });
    expect(await rollouts().stage(foreign)).toMatchObject({ ok: false, error: { code: "bundle.unknown_key" } });
    expect(await rollouts().stage(Buffer.from("<html>"))).toMatchObject({ ok: false, error: { code: "bundle.unreadable" } });
    expect(await begin(half)).toMatchObject({ ok: false, error: { code: "rollout.no_bundle" } });
    expect(await narrowed()).toEqual([]);
  });

  test("stops deciding when its key is revoked on its way, and what is active goes on", async () => {
    await open();
    const other = throwAwayKey("other");
    const keyring = (revoked: boolean) => {
      const [own, theirs] = [gate.key.keyring, other.keyring].map((text) => JSON.parse(text));
      return JSON.stringify({ version: 1, keys: { ...own.keys, other: { ...theirs.keys.other, ...(revoked ? { revoked: true } : {}) } } });
    };
    const write = (revoked: boolean) => writeFile(join(gate.folder, "keyring.json"), keyring(revoked));
    await write(false);
    const bytes = await narrowBundle({ key: other });
    expect(await rollouts().stage(bytes)).toMatchObject({ ok: true });
    await begin(half);
    expect(await narrowed()).not.toEqual([]);
    const refused = gate.logged(({ msg, effect }) => msg === "rollout" && effect === "rolled_back");
    await write(true);
    await refused;
    expect(await narrowed()).toEqual([]);
    const { state } = await rollouts().status();
    expect(state).toMatchObject({ ended: [{ end: "rolled_back", by: "gateway", why: expect.stringContaining("revoked") }] });
    expect(state.rollout).toBeUndefined();
    expect(await begin(half, state.ended[0]?.bundle.digest)).toMatchObject({ ok: false, error: { code: "bundle.unknown_key" } });
    expect((await gate.readyz()).status).toBe(200);
  });

  test("is not begun beside another bundle, nor without one, nor in steps that make no sense", async () => {
    await open();
    expect(await begin(half)).toMatchObject({ ok: false, error: { code: "rollout.no_bundle" } });
    expect(await rollouts().promote("", "olga")).toMatchObject({ ok: false, error: { code: "rollout.none" } });
    expect(await rollouts().rollBack("", "olga")).toMatchObject({ ok: false });
    await staged();
    expect(await begin([])).toMatchObject({ ok: false, error: { code: "rollout.invalid" } });
    await begin([{ mode: "shadow" }]);
    const other = await rollouts().stage(await signedBundle(wide, { sequence: 9 }, gate.key));
    expect(await begin(half, other.ok ? other.value.digest : undefined)).toMatchObject({
      ok: false,
      error: { code: "rollout.busy", detail: expect.stringContaining("olga") },
    });
    expect(await narrowed()).toEqual([]);
  });
});
