import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { ComparisonCounts } from "../../../src/core/operations.ts";
import { createComparing } from "../../../src/gateway/comparing/index.ts";
import type { Generation } from "../../../src/gateway/generation.ts";
import { memoryOperations } from "../../../src/parts/operations/index.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { type Company, house } from "../../support/gate.ts";
import { type Asking, judgedCall, realGeneration } from "../real-generation.ts";

const strict: Company = {
  ...house,
  policies: {
    orders: `constrain contains {"code": "orders.too_many", "message": "No."} if {
	input.tool.id == "desk.order"
	object.get(input.args, "count", 1) > 5
}
oblige contains {"type": "timeout", "ms": 900} if input.tool.id == "desk.echo"`,
  },
};
const roleless: Company = { ...house, groups: { staff: { roles: [] }, guests: { roles: ["all"] } } };
const policy = { timeoutMs: 1000, workers: 1, maxMemoryBytes: 64 << 20 };
const ROLLOUT = "rol_1";

let today: Generation;
let tomorrow: Generation;
let without: Generation;
const ending: (() => Promise<void>)[] = [];

beforeAll(async () => {
  [today, tomorrow, without] = (await Promise.all([house, strict, roleless].map((company) => realGeneration(company)))) as [
    Generation,
    Generation,
    Generation,
  ];
}, 60_000);
afterAll(() => Promise.all([today, tomorrow, without].map((generation) => generation?.policy.close())));
afterEach(async () => {
  for (const end of ending.splice(0)) await end();
});

function start(perSecond = 1000) {
  const clock = manualClock(0);
  const operations = memoryOperations({ clock, replica: "r1" });
  const comparing = createComparing({ operations, perSecond, policy, clock, logger: silentLogger });
  ending.push(
    () => comparing.close(),
    () => operations.close(),
  );
  const counts = async (): Promise<ComparisonCounts> => {
    await comparing.settled();
    const read = await operations.counts(ROLLOUT);
    if (!read.ok) throw new Error(read.error.detail);
    return read.value;
  };
  const note = async (generation: Generation, asking: Asking) => {
    const call = await judgedCall(generation, asking);
    comparing.note(call);
    return call;
  };
  return { clock, comparing, counts, note };
}

const order = (count: number) => ({ tool: "desk.order", args: { item: "pen", count } });

describe("a comparison beside the hot path", () => {
  test("counts what the candidate of a shadow would say otherwise, and where", async () => {
    const { comparing, counts, note } = start();
    comparing.begin({ rollout: ROLLOUT, first: today, second: tomorrow, candidate: "second" });
    await note(today, order(1));
    const refused = [await note(today, order(6)), await note(today, order(7))];
    const changed = await note(today, { tool: "desk.echo", args: {} });
    const found = await counts();
    expect(found.flips).toEqual({ same: 1, changed: 1, new_deny: 2, new_allow: 0, new_ask: 0, failed: 0 });
    expect(found).toMatchObject({ compared: 4, skipped: 0 });
    expect(found.differences).toHaveLength(2);
    expect(found.differences).toContainEqual({
      ...{ flip: "new_deny", agent: "desk-bot", target: "desk.order", rule: "orders orders.too_many", count: 2 },
      samples: expect.arrayContaining(refused.map(({ id }) => id)),
    });
    expect(found.differences).toContainEqual({
      ...{ flip: "changed", agent: "desk-bot", target: "desk.echo", rule: "orders", count: 1 },
      samples: [changed.id],
    });
  });

  test("tells a canary's differences from the promoted bundle to the candidate, though the candidate decided first", async () => {
    const { comparing, counts, note } = start();
    comparing.begin({ rollout: ROLLOUT, first: tomorrow, second: today, candidate: "first" });
    await note(tomorrow, order(6));
    await note(tomorrow, order(2));
    expect((await counts()).flips).toMatchObject({ same: 1, new_deny: 1, new_allow: 0 });
  });

  test("sees a role that the candidate's tables take away or give, not only its rules", async () => {
    const { comparing, counts, note } = start();
    comparing.begin({ rollout: ROLLOUT, first: today, second: without, candidate: "second" });
    await note(today, order(1));
    expect((await counts()).flips).toMatchObject({ new_deny: 1 });
    comparing.begin({ rollout: ROLLOUT, first: without, second: today, candidate: "second" });
    await note(without, order(1));
    expect((await counts()).flips).toMatchObject({ new_deny: 1, new_allow: 1 });
  });

  test("compares only what the first bundle decided, and nothing before it began or after it ended", async () => {
    const { comparing, counts, note } = start();
    await note(today, order(6));
    comparing.begin({ rollout: ROLLOUT, first: today, second: tomorrow, candidate: "second" });
    await note(tomorrow, order(6));
    await note(today, order(6));
    expect(await counts()).toMatchObject({ compared: 1, flips: { new_deny: 1 } });
    comparing.end();
    await note(today, order(6));
    expect(await counts()).toMatchObject({ compared: 1 });
  });

  test("takes arguments that neither bundle takes for no difference, and for no failure of the candidate", async () => {
    const { comparing, counts, note } = start();
    comparing.begin({ rollout: ROLLOUT, first: today, second: tomorrow, candidate: "second" });
    await note(today, { tool: "desk.order", args: { item: 7, count: 99 } });
    expect(await counts()).toMatchObject({ compared: 1, skipped: 0, flips: { same: 1, failed: 0 } });
  });

  test("skips what comes faster than its rate, and says how many", async () => {
    const { clock, comparing, counts, note } = start(3);
    comparing.begin({ rollout: ROLLOUT, first: today, second: tomorrow, candidate: "second" });
    for (let turn = 0; turn < 10; turn++) await note(today, order(turn + 1));
    expect(await counts()).toMatchObject({ compared: 3, skipped: 7 });
    clock.advance(1000);
    await note(today, order(1));
    expect(await counts()).toMatchObject({ compared: 4, skipped: 7 });
  });

  test("counts calls as failed where the second bundle cannot be asked, so that a rule on failures ends the rollout", async () => {
    const { comparing, counts, note } = start();
    const broken = { ...tomorrow, bundle: { ...tomorrow.bundle, wasm: new Uint8Array([0, 0x61, 0x73, 0x6d]) } };
    comparing.begin({ rollout: ROLLOUT, first: today, second: broken, candidate: "second" });
    await note(today, order(1));
    await note(today, order(2));
    expect(await counts()).toMatchObject({ compared: 2, flips: { failed: 2, same: 0 } });
  });
});
