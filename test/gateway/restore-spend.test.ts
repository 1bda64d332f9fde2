import { describe, expect, it } from "vitest";
import type { Generation } from "../../src/gateway/generation.ts";
import { spendOf } from "../../src/gateway/restore-spend.ts";

const window = { kind: "fixed", seconds: 3600 } as const;
const budgets = new Map([["refunds", { name: "refunds", unit: "calls", limit: 3, window, per: ["user"] }]]);
const generation = { catalog: { budgets } } as unknown as Generation;
const now = Date.parse("2026-11-21T12:00:00Z");

type LogRecord = Readonly<Record<string, unknown>>;

async function* log(...records: readonly LogRecord[]): AsyncGenerator<LogRecord> {
  yield* records;
}

function intent(id: string, time: string, budget = "refunds"): LogRecord {
  return {
    kind: "intent",
    id,
    time,
    reservation: { id: `res_${id}`, levels: [{ budget, key: "default:refunds:ann", held: 1, remaining: 2, resets_at: time }] },
  };
}

function outcome(id: string, time: string, state: string): LogRecord {
  return { kind: "outcome", id, time, intent_time: time, reservation: { id: `res_${id}`, state } };
}

const time = "2026-11-21T11:30:00.000Z";

describe("what budgets were spent before a restart", () => {
  it("is what was committed, with the limit as the bundle states it now", async () => {
    const spent = await spendOf(log(intent("a", time), outcome("a", time, "committed")), generation, now);
    expect(spent).toEqual([
      { levels: [{ budget: "refunds", key: "default:refunds:ann", limit: 3, window, amount: 1 }], at: Date.parse(time) },
    ]);
  });

  it("holds no refund", async () => {
    expect(await spendOf(log(intent("a", time), outcome("a", time, "refunded")), generation, now)).toEqual([]);
  });

  it("charges an intent whose outcome nobody knows", async () => {
    const aborted = { kind: "outcome", id: "a", time, aborted: true };
    expect(await spendOf(log(intent("a", time), aborted), generation, now)).toHaveLength(1);
    expect(await spendOf(log(intent("a", time)), generation, now)).toHaveLength(1);
  });

  it("is what questions of servers cost, which have no outcome of their own", async () => {
    const question = { ...intent("q", time), kind: "question" };
    expect(await spendOf(log(question), generation, now)).toHaveLength(1);
  });

  it("leaves out what lies before the longest window, and budgets that the bundle no longer defines", async () => {
    expect(await spendOf(log(intent("a", "2026-11-21T10:59:59.000Z"), intent("b", time, "gone")), generation, now)).toEqual([]);
  });

  it("takes nothing from records of another shape", async () => {
    const odd = [
      { kind: "start" },
      { kind: "intent", id: "x", time },
      { kind: "intent", id: "y", time, reservation: { levels: [null, { budget: "refunds" }] } },
    ];
    expect(await spendOf(log(...odd), generation, now)).toEqual([]);
  });
});
