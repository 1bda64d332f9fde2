import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ReservationId, randomIds } from "../../src/core/ids.ts";
import type { Ledger, Level, Window } from "../../src/parts/budgets/index.ts";

export interface LedgerUnderTest {
  readonly ledger: Ledger;
  close(): Promise<void>;
}

const MINUTE = 60_000;
/** The start of a minute and of an hour. */
const START = 1_700_000_400_000 - (1_700_000_400_000 % 3_600_000);
const fixed: Window = { kind: "fixed", seconds: 60 };
const rolling: Window = { kind: "rolling", seconds: 60 };
const ids = randomIds();
let keys = 0;

/** A counter that no other test draws on. */
export function level(over: Partial<Level> = {}): Level {
  keys++;
  return { budget: "calls", key: `default/calls/${keys}`, limit: 10, window: fixed, amount: 1, ...over };
}

export function newId(): ReservationId {
  return ids.reservation(START);
}

/** Every ledger keeps these promises. Times are passed in, so a ledger on a server must take the caller's clock here. */
export function ledgerContract(name: string, open: () => Promise<LedgerUnderTest>): void {
  describe(`ledger: ${name}`, () => {
    let under: LedgerUnderTest;
    let ledger: Ledger;
    beforeAll(async () => {
      under = await open();
      ledger = under.ledger;
    });
    afterAll(() => under.close());

    const reserve = (levels: readonly Level[], now = START, ttl = 10_000, id = newId()) => ledger.reserve(id, levels, now, now + ttl);
    /** What is left, asked by holding nothing. */
    async function remaining(of: Level, now = START): Promise<number> {
      const asked = await reserve([{ ...of, amount: 0 }], now);
      if (asked.ok) return asked.value.levels[0]?.remaining ?? Number.NaN;
      return asked.error.code === "budget.exhausted" ? asked.error.remaining : Number.NaN;
    }
    async function held(levels: readonly Level[], now = START, ttl = 10_000): Promise<ReservationId> {
      const answer = await reserve(levels, now, ttl);
      if (!answer.ok) throw new Error(`not held: ${JSON.stringify(answer.error)}`);
      return answer.value.id;
    }
    const settled = (state: string, exceeded: readonly string[] = []) => ({ ok: true, value: { state, exceeded } });

    test("a hold says what is left and when the window ends", async () => {
      const of = level({ amount: 4 });
      const answer = await reserve([of], START + 1);
      expect(answer).toMatchObject({
        ok: true,
        value: { levels: [{ budget: "calls", key: of.key, held: 4, remaining: 6, resetsAt: START + MINUTE }] },
      });
    });

    test("what does not fit is refused with the time at which it would", async () => {
      const of = level({ amount: 7 });
      await held([of]);
      expect(await reserve([of], START + 5)).toEqual({
        ok: false,
        error: { code: "budget.exhausted", budget: "calls", limit: 10, remaining: 3, wanted: 7, retryAt: START + MINUTE },
      });
      expect(await remaining(of)).toBe(3);
    });

    test("what is more than the limit is refused for ever", async () => {
      const answer = await reserve([level({ amount: 11 })]);
      expect(answer).toMatchObject({ ok: false, error: { code: "budget.exhausted", remaining: 10, wanted: 11 } });
      expect(answer.ok ? "" : "retryAt" in answer.error).toBe(false);
    });

    test("all levels are held or none, and the first without room is named", async () => {
      const [wide, narrow] = [level({ budget: "wide", limit: 100, amount: 2 }), level({ budget: "narrow", limit: 1, amount: 2 })];
      expect(await reserve([wide, narrow])).toMatchObject({ ok: false, error: { budget: "narrow" } });
      expect(await remaining(wide)).toBe(100);
      const slow = level({ budget: "slow", limit: 100, amount: 2, window: rolling });
      expect(await reserve([slow, wide, narrow])).toMatchObject({ ok: false, error: { budget: "narrow" } });
      expect(await remaining(slow)).toBe(100);
    });

    test("the same id again gets the first answer and holds nothing more", async () => {
      const of = [level({ amount: 3 }), level({ amount: 2, window: rolling })];
      const id = newId();
      const first = await reserve(of, START, 10_000, id);
      await held([{ ...level(), key: of[0]?.key ?? "" }]);
      expect(await reserve(of, START + 50, 10_000, id)).toEqual(first);
      expect(await remaining(of[0] ?? level(), START + 50)).toBe(6);
    });

    test("an id that is settled cannot hold again", async () => {
      const of = level();
      const id = await held([of]);
      await ledger.commit(id, START);
      expect(await reserve([of], START, 10_000, id)).toMatchObject({ ok: false, error: { code: "budget.unavailable" } });
      expect(await remaining(of)).toBe(9);
    });

    test("a commit spends what was held, once", async () => {
      const of = level({ amount: 4 });
      const id = await held([of]);
      expect(await ledger.commit(id, START + 1)).toEqual(settled("committed"));
      expect(await ledger.commit(id, START + 2)).toEqual(settled("committed"));
      expect(await ledger.refund(id, START + 3)).toEqual(settled("committed"));
      expect(await remaining(of)).toBe(6);
    });

    test("a refund gives everything back, once", async () => {
      const of = [level({ amount: 4 }), level({ amount: 5, window: rolling })];
      const id = await held(of);
      expect(await ledger.refund(id, START)).toEqual(settled("refunded"));
      expect(await ledger.refund(id, START)).toEqual(settled("refunded"));
      expect(await ledger.commit(id, START)).toEqual(settled("refunded"));
      for (const each of of) expect(await remaining(each)).toBe(10);
    });

    test("an actual amount below the hold gives the rest back", async () => {
      const of = [level({ amount: 8 }), level({ amount: 8, window: rolling }), level({ amount: 1 })];
      const id = await held(of);
      const actual = new Map([
        [of[0]?.key ?? "", 3],
        [of[1]?.key ?? "", 3],
      ]);
      expect(await ledger.commit(id, START, actual)).toEqual(settled("committed"));
      expect([await remaining(of[0]!), await remaining(of[1]!), await remaining(of[2]!)]).toEqual([7, 7, 9]);
    });

    test("an actual amount above the hold is spent, reported, and blocks the level", async () => {
      const of = [level({ budget: "bytes", amount: 1 }), level({ budget: "rate", amount: 1, window: rolling }), level()];
      const id = await held(of);
      const actual = new Map([
        [of[0]?.key ?? "", 15],
        [of[1]?.key ?? "", 12],
      ]);
      expect(await ledger.commit(id, START, actual)).toEqual(settled("committed", ["bytes", "rate"]));
      expect(await reserve([{ ...of[0]!, amount: 0 }])).toMatchObject({ ok: false, error: { remaining: 0, retryAt: START + MINUTE } });
      expect(await reserve([{ ...of[1]!, amount: 0 }])).toMatchObject({ ok: false, error: { remaining: 0, retryAt: START + 12_000 } });
      expect(await remaining(of[0]!, START + MINUTE)).toBe(10);
    });

    test("a hold that was not dispatched expires to a refund at its deadline, not before", async () => {
      const of = [level({ amount: 4 }), level({ amount: 4, window: { kind: "rolling", seconds: 3600 } })];
      const id = await held(of, START, 1_000);
      expect(await remaining(of[0]!, START + 999)).toBe(6);
      expect(await remaining(of[0]!, START + 1_000)).toBe(10);
      expect(await remaining(of[1]!, START + 1_000)).toBe(10);
      expect(await ledger.commit(id, START + 1_000)).toEqual(settled("expired"));
      expect(await ledger.dispatched(id, START + 1_000)).toMatchObject({ ok: false, error: { code: "budget.unavailable" } });
    });

    test("a commit after the deadline finds the hold expired, though nobody came by in between", async () => {
      const of = level({ amount: 4 });
      const id = await held([of], START, 1_000);
      expect(await ledger.commit(id, START + 1_001)).toEqual(settled("expired"));
      expect(await remaining(of, START + 1_001)).toBe(10);
    });

    test("a dispatched hold expires to a commit", async () => {
      const of = level({ amount: 4 });
      const id = await held([of], START, 1_000);
      expect(await ledger.dispatched(id, START + 999)).toEqual({ ok: true, value: undefined });
      expect(await remaining(of, START + 5_000)).toBe(6);
      expect(await ledger.refund(id, START + 5_000)).toEqual(settled("committed"));
      expect(await remaining(of, START + 5_000)).toBe(6);
    });

    test("a hold can be marked dispatched in the act of reserving", async () => {
      const of = level({ amount: 4 });
      const id = newId();
      await ledger.reserve(id, [of], START, START + 1_000, { dispatched: true });
      expect(await ledger.dispatched(id, START + 1)).toEqual({ ok: true, value: undefined });
      expect(await remaining(of, START + 5_000)).toBe(6);
    });

    test("a dispatched hold can be refunded while it is open", async () => {
      const of = level({ amount: 4 });
      const id = newId();
      await ledger.reserve(id, [of], START, START + 1_000, { dispatched: true });
      expect(await ledger.refund(id, START + 500)).toEqual(settled("refunded"));
      expect(await remaining(of, START + 500)).toBe(10);
    });

    test("a late commit still spends what exceeds the hold, and gives nothing back", async () => {
      const [more, less] = [level({ budget: "more", amount: 4 }), level({ amount: 4 })];
      const id = newId();
      await ledger.reserve(id, [more, less], START, START + 1_000, { dispatched: true });
      const actual = new Map([
        [more.key, 6],
        [less.key, 1],
      ]);
      expect(await ledger.commit(id, START + 2_000, actual)).toEqual(settled("committed", ["more"]));
      expect([await remaining(more, START + 2_000), await remaining(less, START + 2_000)]).toEqual([4, 6]);
    });

    test("an id that nobody held is unknown", async () => {
      expect(await ledger.commit(newId(), START)).toEqual(settled("unknown"));
      expect(await ledger.refund(newId(), START)).toEqual(settled("unknown"));
      expect(await ledger.dispatched(newId(), START)).toMatchObject({ ok: false, error: { code: "budget.unavailable" } });
    });

    test("a new window begins empty, and what was held in the old one no longer counts", async () => {
      const of = level({ amount: 10 });
      const id = await held([of], START + MINUTE - 1);
      expect(await remaining(of, START + MINUTE)).toBe(10);
      await held([{ ...of, amount: 3 }], START + MINUTE);
      await ledger.refund(id, START + MINUTE + 1);
      expect(await remaining(of, START + MINUTE + 1)).toBe(7);
    });

    test("a clock that steps back into the last window finds the window it was in", async () => {
      const of = level({ amount: 10 });
      await held([of], START + MINUTE);
      expect(await reserve([{ ...of, amount: 1 }], START + MINUTE - 1)).toMatchObject({ ok: false, error: { code: "budget.exhausted" } });
    });

    test("a rolling window lets a burst through and then one amount an interval", async () => {
      const of = level({ window: { kind: "rolling", seconds: 60, burst: 2 }, limit: 6 });
      await held([of]);
      await held([of]);
      expect(await reserve([of])).toMatchObject({ ok: false, error: { remaining: 0, retryAt: START + 10_000 } });
      expect(await reserve([of], START + 9_999)).toMatchObject({ ok: false });
      expect(await reserve([of], START + 10_000)).toMatchObject({ ok: true });
      expect(await reserve([{ ...of, amount: 3 }], START + MINUTE)).not.toHaveProperty("error.retryAt");
    });

    test("a refund of what has leaked already does not fill a rolling window twice", async () => {
      const of = level({ window: rolling, amount: 10 });
      const id = await held([of], START, 5 * MINUTE);
      await held([of], START + MINUTE);
      await ledger.refund(id, START + MINUTE);
      expect(await remaining(of, START + MINUTE)).toBe(0);
    });

    test("another limit keeps the count of a fixed window, another length counts anew", async () => {
      const of = level({ amount: 6 });
      await held([of]);
      expect(await remaining({ ...of, limit: 7 })).toBe(1);
      expect(await remaining({ ...of, limit: 5 })).toBe(0);
      expect(await remaining({ ...of, window: { kind: "fixed", seconds: 3600 } })).toBe(10);
    });

    test("amounts up to 2^53-1 are counted exactly", async () => {
      const limit = Number.MAX_SAFE_INTEGER;
      const of = level({ limit, amount: limit - 1 });
      await held([of]);
      await held([{ ...of, amount: 1 }]);
      expect(await reserve([{ ...of, amount: 1 }])).toMatchObject({ ok: false, error: { remaining: 0 } });
      const wide = level({ limit: 10_000_000_000, window: { kind: "rolling", seconds: 86_400 }, amount: 9_999_999_999 });
      await held([wide]);
      expect(await remaining(wide)).toBe(1);
    });

    test("a reservation without levels is held and settled like any other", async () => {
      const id = await held([]);
      expect(await ledger.commit(id, START)).toEqual(settled("committed"));
    });

    test.each([
      ["a negative amount", { amount: -1 }],
      ["a fraction", { amount: 0.5 }],
      ["an amount that is not a number", { amount: Number.NaN }],
      ["an amount beyond 2^53-1", { amount: 2 ** 53 }],
      ["a window of no seconds", { window: { kind: "fixed", seconds: 0 } as const }],
      ["a rolling limit of nothing", { limit: 0, window: rolling }],
    ])("%s is a mistake of the caller and holds nothing", async (_, over) => {
      const good = level();
      await expect(reserve([good, level(over)])).rejects.toThrow(RangeError);
      expect(await remaining(good)).toBe(10);
    });

    test("a counter named twice in one hold is a mistake of the caller", async () => {
      const of = level();
      await expect(reserve([of, { ...of, budget: "other" }])).rejects.toThrow(RangeError);
    });

    test("many holds at once never pass the limit", async () => {
      const of = level({ limit: 25 });
      const answers = await Promise.all(Array.from({ length: 80 }, () => reserve([of])));
      expect(answers.filter((answer) => answer.ok)).toHaveLength(25);
    });
  });
}
