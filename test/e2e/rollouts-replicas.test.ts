import { rename, writeFile } from "node:fs/promises";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { RolloutStep } from "../../src/core/operations.ts";
import { signedBundle, told } from "../support/gate.ts";
import { type Replicas, redisFound, startReplicas, to, type Which } from "../support/replicas.ts";
import { agents, narrowBundle, wide } from "../support/rollout-company.ts";

// Two replicas that share nothing but Redis. `wide` is promoted; `narrow` is on its way and knows echo alone.

const why = redisFound.kind === "program" ? "" : " (left out: there is no redis-server of our own to stop)";
const waiting = { timeout: 15_000, interval: 50 };
const half = [{ mode: "canary", percent: 50 }] as const;

describe.skipIf(redisFound.kind !== "program")(`a rollout on two replicas${why}`, () => {
  let replicas: Replicas;
  afterEach(() => replicas?.stop());

  const open = async () => {
    replicas = await startReplicas({ company: wide, config: { operations: { stale_ms: 600_000 } } });
  };
  const built = (which: Which) => {
    const started = which === 0 ? replicas.gate.started : replicas.other.started;
    if (!started) throw new Error("it runs in a process of its own");
    return started.built;
  };
  const on = (which: Which) => built(which).rollouts;
  const both = [0, 1] as const;
  const active = (which: Which) => built(which).parts.generations.status().active?.sequence;
  const candidate = (which: Which) => built(which).parts.generations.status().candidate?.sequence;
  const begin = (which: Which, steps: readonly RolloutStep[], atEnd: "wait" | "promote" = "wait") =>
    on(which).start({ steps, rollbackIf: [], minCalls: 0, atEnd }, "olga");
  const bothCome = (see: (which: Which) => unknown, to: unknown) =>
    vi.waitFor(() => expect(both.map((which) => see(which))).toEqual([to, to]), waiting);

  /** Which agents lack `note` at this replica; what they may not know reaches nobody. */
  async function narrowed(which: Which): Promise<readonly string[]> {
    const found: string[] = [];
    for (const agent of agents) {
      const token = await replicas.gate.token({ agent, user: "ann", groups: ["staff"] });
      const before = replicas.gate.servers.desk?.calls.length ?? 0;
      const { effect } = told(await replicas.client.call("desk__note", {}, { token, headers: to(which) }));
      if (effect === "unknown") expect(replicas.gate.servers.desk?.calls.length).toBe(before);
      else expect(effect).toBe("allow");
      if (effect === "unknown") found.push(agent);
    }
    return found;
  }

  test("is followed by the other one: the same agents are in the share, and the promotion is everybody's", async () => {
    await open();
    expect(await on(0).stage(await narrowBundle(replicas.gate))).toMatchObject({ ok: true });
    await begin(0, half);
    await bothCome(candidate, 2);
    const chosen = await narrowed(0);
    expect(chosen.length).toBeGreaterThan(0);
    expect(chosen.length).toBeLessThan(agents.length);
    expect(await narrowed(1)).toEqual(chosen);

    expect(await on(1).promote("", "petra")).toMatchObject({ ok: true });
    await bothCome(active, 2);
    for (const which of both) expect(await narrowed(which)).toEqual(agents);
    await vi.waitFor(async () => {
      const { replicas: reports, state } = await on(0).status();
      expect(reports).toMatchObject([
        { version: state.version, active: state.promoted?.digest },
        { version: state.version, active: state.promoted?.digest },
      ]);
    }, waiting);

    // Its file still holds the older one: it follows what is promoted.
    await replicas.gate.restart();
    await bothCome(active, 2);
    expect(await narrowed(0)).toEqual(agents);
  });

  test("is rolled back on both by an operator at either", async () => {
    await open();
    await on(0).stage(await narrowBundle(replicas.gate));
    await begin(0, [{ mode: "canary", percent: 100 }]);
    await bothCome(candidate, 2);
    await on(1).rollBack("", "petra");
    await bothCome(candidate, undefined);
    for (const which of both) expect(await narrowed(which)).toEqual([]);
  });

  test("ends once when the time of its step is over on both at the same moment", async () => {
    await open();
    await on(0).stage(await narrowBundle(replicas.gate));
    const begun = await begin(0, [{ mode: "canary", percent: 100, forMs: 1 }], "promote");
    await bothCome(active, 2);
    await Promise.all(both.map((which) => on(which).look()));
    const { state } = await on(1).status();
    expect(state.ended).toMatchObject([{ end: "promoted", by: "gateway" }]);
    expect(begun.ok && state.version).toBe(begun.ok ? begun.value.version + 1 : 0);
  });

  test("of a file that both have is promoted once", async () => {
    await open();
    const { version } = (await on(0).status()).state;
    const bytes = await signedBundle(wide, { sequence: 2 }, replicas.gate.key);
    const offered = await Promise.all(both.map((which) => on(which).offer(bytes)));
    expect(offered).toMatchObject([{ ok: true }, { ok: true }]);
    await bothCome(active, 2);
    expect((await on(0).status()).state.version).toBe(version + 1);
  });

  test("is not promoted while redis is away, and nothing changes; a new file waits until it is back", async () => {
    await open();
    await on(0).stage(await narrowBundle(replicas.gate));
    await begin(0, half);
    await bothCome(candidate, 2);
    await replicas.redis.kill();
    expect(await on(0).promote("", "olga")).toMatchObject({ ok: false, error: { code: "gateway.operations_unavailable" } });
    expect(await on(0).rollBack("", "olga")).toMatchObject({ ok: false, error: { code: "gateway.operations_unavailable" } });
    const next = await signedBundle(wide, { sequence: 3 }, replicas.gate.key);
    await writeFile(`${replicas.gate.bundleFile}.next`, next);
    await rename(`${replicas.gate.bundleFile}.next`, replicas.gate.bundleFile);
    await vi.waitFor(async () => expect(JSON.stringify((await replicas.gate.readyz()).body)).toContain("a new bundle waits"), waiting);
    for (const which of both) expect([active(which), candidate(which)]).toEqual([1, 2]);
    const behind = async () => /^toolgate_rollout_behind (\d)/m.exec(await (await fetch(`${replicas.gate.url}/metrics`)).text())?.[1];
    expect(await behind()).toBe("1");
    // Budgets and sessions are away too: nothing passes, be it known or not.
    const token = await replicas.gate.token({ agent: "bot-01", user: "ann", groups: ["staff"] });
    const before = replicas.gate.servers.desk?.calls.length;
    for (const which of both) {
      expect((await replicas.client.call("desk__note", {}, { token, headers: to(which) })).status).toBe(503);
    }
    expect(replicas.gate.servers.desk?.calls.length).toBe(before);

    await replicas.redis.restart();
    await bothCome(active, 3);
    await bothCome(candidate, undefined);
    await vi.waitFor(async () => expect(await behind()).toBe("0"), waiting);
    for (const which of both) expect(await narrowed(which)).toEqual([]);
    expect((await on(1).status()).state.ended).toMatchObject([{ bundle: { sequence: 2 }, end: "rolled_back" }]);
  });

  test("is not needed to start: without redis a replica goes on with its own last bundle", async () => {
    await open();
    const next = await signedBundle(wide, { sequence: 2 }, replicas.gate.key);
    await on(0).offer(next);
    await bothCome(active, 2);
    await replicas.redis.kill();
    await replicas.gate.restart();
    expect(active(0)).toBe(2);
    expect(on(0).problem()).toBeUndefined();
    await replicas.redis.restart();
    await bothCome(active, 2);
  });
});
