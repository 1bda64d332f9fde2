import { describe, expect, test } from "vitest";
import { type Level, memoryLedger } from "../../../src/parts/budgets/index.ts";
import { ledgerContract, level, newId } from "../../contracts/ledger.contract.ts";

const bounds = { max_holds: 10_000, max_counters: 10_000 };
const T0 = 1_699_999_200_000;

ledgerContract("memory", async () => {
  const ledger = memoryLedger(bounds);
  return { ledger, close: () => ledger.close() };
});

describe("memory ledger", () => {
  test("counters of ended windows are dropped, so that callers who come and go cost nothing", async () => {
    const ledger = memoryLedger(bounds);
    for (let index = 0; index < 5_000; index++) {
      const now = T0 + index * 10_000;
      const id = newId();
      await ledger.reserve(
        id,
        [level({ window: { kind: "fixed", seconds: 1 } }), level({ window: { kind: "rolling", seconds: 1 } })],
        now,
        now + 1_000,
      );
      await ledger.commit(id, now);
    }
    expect(ledger.size().counters).toBeLessThan(100);
    expect(ledger.size().holds).toBe(0);
  });

  test("a counter with an open hold is kept, and takes what the hold spends above", async () => {
    const ledger = memoryLedger(bounds);
    const of = level({ window: { kind: "rolling", seconds: 1 } });
    const id = newId();
    await ledger.reserve(id, [of], T0, T0 + 100_000);
    for (let index = 0; index < 50; index++) await ledger.reserve(newId(), [], T0 + 90_000, T0 + 91_000);
    await ledger.commit(id, T0 + 90_000, new Map([[of.key, 30]]));
    expect(await ledger.reserve(newId(), [of], T0 + 90_000, T0 + 91_000)).toMatchObject({ ok: false, error: { code: "budget.exhausted" } });
  });

  test("above its bounds it refuses instead of growing", async () => {
    const few = memoryLedger({ max_holds: 2, max_counters: 3 });
    const known = level();
    const first = newId();
    await few.reserve(first, [known], T0, T0 + 1_000);
    await few.reserve(newId(), [known], T0, T0 + 1_000);
    expect(await few.reserve(newId(), [known], T0, T0 + 1_000)).toMatchObject({ ok: false, error: { code: "budget.unavailable" } });
    await few.commit(first, T0);
    const fresh: Level[] = [known, level(), level(), level()];
    expect(await few.reserve(newId(), fresh, T0, T0 + 1_000)).toMatchObject({ ok: false, error: { code: "budget.unavailable" } });
    expect(await few.reserve(newId(), [{ ...known, amount: 0 }], T0, T0 + 1_000)).toMatchObject({
      ok: true,
      value: { levels: [{ remaining: 8 }] },
    });
  });

  test("what the log says was spent before a restart is spent", async () => {
    const ledger = memoryLedger(bounds);
    const [hour, rate] = [
      level({ window: { kind: "fixed", seconds: 3600 } }),
      level({ limit: 6, window: { kind: "rolling", seconds: 60 } }),
    ];
    ledger.restore([{ ...hour, amount: 5 }], T0 - 1);
    ledger.restore(
      [
        { ...hour, amount: 4 },
        { ...rate, amount: 6 },
      ],
      T0 + 1_000,
    );
    ledger.restore([{ ...hour, amount: 3 }], T0 + 2_000);
    const now = T0 + 11_000;
    const answer = await ledger.reserve(
      newId(),
      [
        { ...hour, amount: 0 },
        { ...rate, amount: 1 },
      ],
      now,
      now + 1_000,
    );
    expect(answer).toMatchObject({ ok: true, value: { levels: [{ remaining: 3 }, { remaining: 0 }] } });
  });

  test("restored spend above the limit blocks", async () => {
    const ledger = memoryLedger(bounds);
    const of = level();
    ledger.restore([{ ...of, amount: 99 }], T0);
    expect(await ledger.reserve(newId(), [of], T0, T0 + 1_000)).toMatchObject({ ok: false, error: { remaining: 0 } });
  });
});
