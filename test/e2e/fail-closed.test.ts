import { afterEach, describe, expect, test } from "vitest";
import { type Company, type Gate, startGate, told } from "../support/gate.ts";
import { findRedis, startRedis, type TestRedis } from "../support/redis.ts";

let gate: Gate;
let redis: TestRedis | undefined;
afterEach(async () => {
  await gate?.stop();
  await redis?.stop();
  redis = undefined;
});

/** A user may write two notes a day. */
const company: Company = {
  servers: { desk: { tools: { echo: {}, note: { facts: { effects: ["write"], idempotent: false } } } } },
  budgets: { "notes-per-day": { unit: "calls", limit: 2, window: { kind: "fixed", seconds: 86_400 }, per: ["user"] } },
  policies: { notes: 'oblige contains {"type": "budget", "name": "notes-per-day", "cost": 1} if input.tool.name == "note"' },
};

const kindsOf = async (target: string) => (await gate.records()).filter((record) => record.target === target).map(({ kind }) => kind);

const found = findRedis();
// A Redis that others gave us is not ours to kill; the contract suite of the ledger still runs on it.
const missing = found.kind === "program" ? undefined : found.kind === "missing" ? found.reason : "TOOLGATE_TEST_REDIS is not ours to kill";

describe.skipIf(missing !== undefined)(`with budgets in Redis${missing === undefined ? "" : ` (left out: ${missing})`}`, () => {
  test("a Redis that is gone refuses what needs a budget and nothing else; when it is back, it goes on", async () => {
    if (found.kind !== "program") throw new Error("unreachable");
    redis = await startRedis(found);
    gate = await startGate({ company, config: { redis: { url: redis.url } } });
    await gate.logged((line) => line.msg === "redis is connected");
    const token = await gate.token();
    expect(told(await gate.call("desk__note", {}, { token })).effect).toBe("allow");
    expect((await gate.readyz()).status).toBe(200);

    const away = gate.logged((line) => /^redis (is away|closed the connection)/.test(line.msg));
    await redis.kill();
    await away;
    for (const era of ["session", "stateless"] as const) {
      const answer = await gate.call("desk__note", {}, { token, era });
      expect(answer).toMatchObject({ status: 200, message: { result: { isError: true } } });
      expect(told(answer)).toMatchObject({ effect: "deny", codes: ["budget.unavailable"] });
    }
    expect(gate.servers.desk?.calls).toHaveLength(1);
    expect(await gate.readyz()).toMatchObject({ status: 503, body: { parts: { budgets: { ok: false } } } });
    expect(told(await gate.call("desk__echo", {}, { token })).effect).toBe("allow");
    expect((await gate.records()).filter(({ reasons }) => reasons?.[0]?.code === "budget.unavailable")).toMatchObject([
      { kind: "refusal", target: "desk.note" },
      { kind: "refusal", target: "desk.note" },
    ]);

    const back = gate.logged((line) => line.msg === "redis is back");
    await redis.restart();
    await back;
    expect(told(await gate.call("desk__note", {}, { token })).effect).toBe("allow");
    expect((await gate.readyz()).status).toBe(200);
  });

  test("two gates on one Redis share a budget", async () => {
    if (found.kind !== "program") throw new Error("unreachable");
    redis = await startRedis(found);
    const config = { redis: { url: redis.url } };
    gate = await startGate({ company, config });
    const other = await startGate({ company, config });
    try {
      for (const one of [gate, other]) await one.logged((line) => line.msg === "redis is connected");
      expect(told(await gate.call("desk__note", {})).effect).toBe("allow");
      expect(told(await other.call("desk__note", {})).effect).toBe("allow");
      for (const one of [gate, other]) expect(told(await one.call("desk__note", {})).codes).toEqual(["budget.exhausted"]);
      expect((gate.servers.desk?.calls.length ?? 0) + (other.servers.desk?.calls.length ?? 0)).toBe(2);
    } finally {
      await other.stop();
    }
  });
});

describe("a gate whose process ends", () => {
  test("by kill -9 between intent and outcome: the next start closes the call as aborted and charges it", async () => {
    gate = await startGate({ company, process: "child" });
    const token = await gate.token();
    const bob = await gate.token({ user: "bob" });
    for (let n = 0; n < 2; n++) expect(told(await gate.call("desk__note", { n }, { token: bob })).effect).toBe("allow");
    gate.servers.desk?.answer("note", { kind: "hang" });
    const lost = gate.call("desk__note", { text: "hello" }, { token });
    lost.catch(() => {});
    await gate.servers.desk?.when(() => gate.servers.desk?.calls.length === 3);
    expect(await kindsOf("desk.note")).toEqual(["intent", "outcome", "intent", "outcome", "intent"]);
    gate.signal("SIGKILL");
    expect(await gate.ended).toBe("SIGKILL");
    await expect(lost).rejects.toThrow();

    await gate.restart();
    const records = await gate.records();
    const intent = records.findLast(({ kind }) => kind === "intent");
    const closed = records.findLast(({ kind }) => kind === "outcome");
    expect(closed).toMatchObject({ id: intent?.id, aborted: true, intent: { seq: intent?.seq } });
    expect(await gate.verify()).toMatchObject({ ok: true, logs: 2, pairs: { aborted: 1, withoutOutcome: { count: 0 } } });

    // The server may have written it: one of ann's two notes of the day is spent, and bob's are all the same.
    gate.servers.desk?.answer("note", { kind: "echo" });
    expect(told(await gate.call("desk__note", {}, { token })).effect).toBe("allow");
    expect(told(await gate.call("desk__note", {}, { token })).codes).toEqual(["budget.exhausted"]);
    expect(told(await gate.call("desk__note", {}, { token: bob })).codes).toEqual(["budget.exhausted"]);
    expect(gate.servers.desk?.calls).toHaveLength(4);
  });

  test("by kill -9 in the middle of many calls: whatever the server saw is on record, and the log verifies", async () => {
    gate = await startGate({ company, process: "child" });
    const token = await gate.token();
    const calls = Array.from({ length: 8 }, async (_, caller) => {
      for (let n = 0; n < 1_000; n++) await gate.call("desk__echo", { caller, n }, { token, era: "stateless" });
    });
    const ended = Promise.allSettled(calls);
    await gate.servers.desk?.when(() => (gate.servers.desk?.calls.length ?? 0) >= 100);
    gate.signal("SIGKILL");
    await ended;
    await gate.restart();
    const records = await gate.records();
    const asked = new Set(records.filter(({ kind }) => kind === "intent").map(({ args_digest }) => args_digest));
    expect(asked.size).toBeGreaterThanOrEqual(gate.servers.desk?.calls.length ?? 0);
    const outcomes = records.filter(({ kind }) => kind === "outcome");
    expect(new Set(outcomes.map(({ id }) => id)).size).toBe(asked.size);
    expect(await gate.verify()).toMatchObject({ ok: true, pairs: { withoutOutcome: { count: 0 }, withoutIntent: { count: 0 } } });
  });

  test("by SIGTERM: a call in flight ends, its caller is answered, its outcome is on record", async () => {
    const held = Promise.withResolvers<void>();
    const answers = { note: { kind: "held", until: held.promise } } as const;
    gate = await startGate({ company, process: "child", servers: { desk: { answers } } });
    const { url } = gate;
    const running = gate.call("desk__note", { text: "hello" });
    await gate.servers.desk?.when(() => gate.servers.desk?.calls.length === 1);
    const stopping = gate.logged((line) => line.msg.startsWith("stopping"));
    gate.signal("SIGTERM");
    await stopping;
    // Nobody new gets in.
    await expect
      .poll(() =>
        fetch(`${url}/healthz`, { headers: { connection: "close" } }).then(
          () => "in",
          () => "out",
        ),
      )
      .toBe("out");
    held.resolve();
    expect(await running).toMatchObject({ status: 200, message: { result: { structuredContent: { echo: { text: "hello" } } } } });
    expect(await gate.ended).toBe(0);
    expect(await kindsOf("desk.note")).toEqual(["intent", "outcome"]);
    expect(await gate.verify()).toMatchObject({ ok: true, live: false, pairs: { withoutOutcome: { count: 0 } } });
  });
});
