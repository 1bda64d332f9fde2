import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ReservationId } from "../../../src/core/ids.ts";
import { type Ledger, type Level, memoryLedger, redisLedger, type Window } from "../../../src/parts/budgets/index.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { openRedis, type RedisConnection, redisConfig } from "../../../src/platform/redis.ts";
import { newId } from "../../contracts/ledger.contract.ts";
import { findRedis, startRedis, type TestRedis } from "../../support/redis.ts";

type Act =
  | {
      readonly act: "reserve";
      readonly amounts: readonly number[];
      readonly ttl: number;
      readonly dispatched: boolean;
      readonly wait: number;
    }
  | { readonly act: "dispatched"; readonly which: number; readonly wait: number }
  | { readonly act: "refund"; readonly which: number; readonly wait: number }
  | { readonly act: "commit"; readonly which: number; readonly actual?: readonly number[] | undefined; readonly wait: number };

const T0 = 1_699_999_200_000;
const bounds = { max_holds: 10_000, max_counters: 10_000 };
const windows: readonly Window[] = [
  { kind: "fixed", seconds: 7 },
  { kind: "rolling", seconds: 11 },
  { kind: "rolling", seconds: 30, burst: 4 },
];
const limits = [9, 13, 6] as const;

/** Mostly forward, sometimes back, often not at all: the clock of a machine. */
const wait = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 4_000 }), fc.integer({ min: -50, max: 0 }));
const amounts = fc.array(fc.integer({ min: 0, max: 7 }), { minLength: 1, maxLength: 3 });
const acts = (actual: fc.Arbitrary<readonly number[] | undefined>): fc.Arbitrary<Act[]> =>
  fc.array(
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({
          act: fc.constant("reserve" as const),
          amounts,
          ttl: fc.integer({ min: 0, max: 9_000 }),
          dispatched: fc.boolean(),
          wait,
        }),
      },
      { weight: 3, arbitrary: fc.record({ act: fc.constant("dispatched" as const), which: fc.nat(9), wait }) },
      { weight: 3, arbitrary: fc.record({ act: fc.constant("refund" as const), which: fc.nat(9), wait }) },
      { weight: 3, arbitrary: fc.record({ act: fc.constant("commit" as const), which: fc.nat(9), actual, wait }) },
    ),
    { maxLength: 60 },
  );

function levelsOf(run: string, amounts: readonly number[]): Level[] {
  return amounts.map((amount, index) => ({
    budget: `b${index}`,
    key: `${run}/${index}`,
    limit: limits[index] ?? 1,
    window: windows[index] ?? { kind: "fixed", seconds: 1 },
    amount,
  }));
}

/** Plays the acts and gives every answer with the time of its act. */
async function play(
  ledger: Ledger,
  run: string,
  script: readonly Act[],
  ids: readonly ReservationId[],
): Promise<{ now: number; answer: unknown }[]> {
  const answers: { now: number; answer: unknown }[] = [];
  let now = T0;
  let reserved = 0;
  for (const step of script) {
    now += step.wait;
    if (step.act === "reserve") {
      const id = ids[reserved++] ?? newId();
      const levels = levelsOf(run, step.amounts);
      answers.push({ now, answer: await ledger.reserve(id, levels, now, now + step.ttl, { dispatched: step.dispatched }) });
      continue;
    }
    const id = ids[Math.max(0, reserved - 1 - step.which)] ?? newId();
    if (step.act === "dispatched") {
      const answer = await ledger.dispatched(id, now);
      answers.push({ now, answer: answer.ok });
    } else if (step.act === "commit") {
      const actual = step.actual && new Map(step.actual.map((amount, index) => [`${run}/${index}`, amount]));
      answers.push({ now, answer: await ledger.commit(id, now, actual) });
    } else answers.push({ now, answer: await ledger.refund(id, now) });
  }
  return answers;
}

const noActual = fc.constant(undefined);
const someActual = fc.option(fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 3 }), { nil: undefined });
const idsFor = (script: readonly Act[]): ReservationId[] => script.map(() => newId());

describe("any interleaving of reserve, dispatched, commit, refund and expiry", () => {
  test("keeps spent and held of a fixed window within its limit, and equal to the sum of what is not given back", async () => {
    await fc.assert(
      fc.asyncProperty(acts(noActual), async (script) => {
        const ledger = memoryLedger(bounds);
        const ids = idsFor(script);
        const model = new Map<ReservationId, { amount: number; window: number; deadline: number; dispatched: boolean; open: boolean }>();
        let now = T0;
        let reserved = 0;
        for (const step of script) {
          // Forward only: what the model sums by window must lie in the window of its clock.
          now += Math.max(0, step.wait);
          for (const [id, hold] of model) {
            if (!hold.open || hold.deadline > now) continue;
            if (hold.dispatched) hold.open = false;
            else model.delete(id);
          }
          if (step.act === "reserve") {
            const id = ids[reserved++] ?? newId();
            const amount = step.amounts[0] ?? 0;
            const answer = await ledger.reserve(id, levelsOf("m", [amount]), now, now + step.ttl, { dispatched: step.dispatched });
            if (answer.ok)
              model.set(id, { amount, window: Math.floor(now / 7_000), deadline: now + step.ttl, dispatched: step.dispatched, open: true });
          } else {
            const id = ids[Math.max(0, reserved - 1 - step.which)] ?? newId();
            const hold = model.get(id);
            if (step.act === "dispatched") {
              await ledger.dispatched(id, now);
              if (hold?.open) hold.dispatched = true;
            } else if (step.act === "commit") {
              await ledger.commit(id, now);
              if (hold) hold.open = false;
            } else {
              await ledger.refund(id, now);
              if (hold?.open) model.delete(id);
            }
          }
          // A hold whose deadline is now is due at the next act, which is the question below.
          const due = (hold: { open: boolean; dispatched: boolean; deadline: number }): boolean =>
            hold.open && !hold.dispatched && hold.deadline <= now;
          const counted = [...model.values()].filter((hold) => hold.window === Math.floor(now / 7_000) && !due(hold));
          const sum = counted.reduce((total, hold) => total + hold.amount, 0);
          expect(sum).toBeLessThanOrEqual(9);
          const asked = await ledger.reserve(newId(), levelsOf("m", [0]), now, now + 1);
          expect(asked).toMatchObject({ ok: true, value: { levels: [{ remaining: 9 - sum }] } });
        }
      }),
      { numRuns: 300 },
    );
  });

  test("never lets more than limit and burst through any rolling window", async () => {
    await fc.assert(
      fc.asyncProperty(acts(noActual), async (script) => {
        const ids = idsFor(script);
        const answers = await play(memoryLedger(bounds), "g", script, ids);
        const spent = new Map<ReservationId, { now: number; amounts: readonly number[] }>();
        let reserved = 0;
        let latest = T0;
        for (const [index, step] of script.entries()) {
          const { now, answer } = answers[index]!;
          latest = Math.max(latest, now);
          const done = answer as { ok: boolean; value?: { state?: string } };
          if (step.act === "reserve") {
            const id = ids[reserved++]!;
            if (done.ok) spent.set(id, { now: latest, amounts: step.amounts });
          } else if (step.act !== "dispatched" && (done.value?.state === "refunded" || done.value?.state === "expired")) {
            spent.delete(ids[Math.max(0, reserved - 1 - step.which)]!);
          }
        }
        // Holds that expired without being asked about are still counted here, so only those that were dispatched can be summed.
        const dispatched = [...spent].filter(([id]) => {
          const step = script.filter((each) => each.act === "reserve")[ids.indexOf(id)];
          return step?.act === "reserve" && step.dispatched;
        });
        for (const level of [1, 2] as const) {
          const ms = windows[level]!.seconds * 1000;
          const burst = level === 1 ? limits[1] : 4;
          for (const [, from] of dispatched) {
            const within = dispatched.filter(([, hold]) => hold.now >= from.now && hold.now < from.now + ms);
            expect(within.reduce((sum, [, hold]) => sum + (hold.amounts[level] ?? 0), 0)).toBeLessThanOrEqual(limits[level] + burst);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

const found = findRedis();
describe.skipIf(found.kind === "missing")(`memory and redis${found.kind === "missing" ? ` (left out: ${found.reason})` : ""}`, () => {
  let server: TestRedis;
  let redis: RedisConnection;
  beforeAll(async () => {
    if (found.kind === "missing") return;
    server = await startRedis(found);
    redis = openRedis(redisConfig.parse({ url: server.url, command_timeout_ms: 5_000 }), silentLogger);
    await redis.firstReady;
  });
  afterAll(async () => {
    await redis?.close();
    await server?.stop();
  });

  // Forward only: how much of a step back each one notices depends on what it happened to settle before.
  test("give the same answer to every act of any sequence", async () => {
    let runs = 0;
    const tenant = newId();
    await fc.assert(
      fc.asyncProperty(acts(someActual), async (drawn) => {
        const script = drawn.map((step) => ({ ...step, wait: Math.max(0, step.wait) }));
        const run = `run${runs++}`;
        const ids = idsFor(script);
        const onRedis = redisLedger(redis, { tenant: `${tenant}-${run}`, clock: "caller" });
        expect(await play(onRedis, run, script, ids)).toEqual(await play(memoryLedger(bounds), run, script, ids));
      }),
      { numRuns: 200 },
    );
  });
});
