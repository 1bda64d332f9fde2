import { expect, test } from "vitest";
import { ok } from "../../../src/core/result.ts";
import { begin, memoryOperations, operationsMemory, rollBack } from "../../../src/parts/operations/index.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import { operationsContract } from "../../contracts/operations.contract.ts";
import { bundle, NOW, rollout } from "./sample-state.ts";

operationsContract("memory", {}, async () => {
  const memory = operationsMemory();
  return { start: async (replica, clock) => memoryOperations({ clock, replica, memory }), end: async () => {} };
});

test("counts are forgotten an hour after their rollout ended, and not while it is under way", async () => {
  const clock = manualClock(NOW);
  const operations = memoryOperations({ clock, replica: "one" });
  await operations.update((state) => begin(state, rollout(bundle(4))));
  await operations.count("rol_r4", { flips: { same: 1 }, skipped: 0, differences: [] });
  clock.advance(30 * 3_600_000);
  expect(await operations.counts("rol_r4")).toMatchObject({ value: { compared: 1 } });
  await operations.update((state) => rollBack(state, "ann", clock.now(), "done"));
  clock.advance(3_599_999);
  expect(await operations.counts("rol_r4")).toMatchObject({ value: { compared: 1 } });
  clock.advance(1);
  expect(await operations.counts("rol_r4")).toMatchObject({ value: { compared: 0 } });
});

test("who holds on to a state that it gave, or bytes that it saved, cannot change what is kept", async () => {
  const operations = memoryOperations({ clock: manualClock(NOW), replica: "one" });
  const agents = ["bot"];
  const bytes = Uint8Array.of(1);
  await operations.update((state) => begin(state, rollout(bundle(4), { steps: [{ mode: "canary", agents }] })));
  await operations.saveBundle(bundle(4).digest, bytes);
  agents.push("another");
  bytes[0] = 2;
  expect(operations.current().rollout?.steps).toEqual([{ mode: "canary", agents: ["bot"] }]);
  expect(await operations.readBundle(bundle(4).digest)).toEqual(ok(Uint8Array.of(1)));
});
