import { expect, test } from "vitest";
import { bundleOf, digestOf, smallLine } from "./small-line.ts";

test("a rollout does not move on by itself while its record cannot be written, and goes back all the same", async () => {
  const line = smallLine();
  await line.rollouts.begin();
  await line.rollouts.offer(bundleOf(1));
  await line.rollouts.stage(bundleOf(2));
  const plan = { minCalls: 0, atEnd: "promote" } as const;
  const steps = [
    { mode: "shadow", forMs: 1_000 },
    { mode: "canary", percent: 50, forMs: 1_000 },
  ] as const;
  const rollbackIf = [{ measure: "new_deny", above: 0, unit: "calls" }] as const;
  const begun = await line.rollouts.start({ digest: digestOf(2), steps, rollbackIf, ...plan }, "olga");
  const id = begun.ok ? (begun.value.rollout?.id ?? "") : "";
  line.log.refuse("the disk is full");
  line.clock.advance(1_000);
  await line.rollouts.look();
  expect(line.operations.current().rollout?.step).toBe(0);
  line.log.refuse(undefined);
  await line.rollouts.look();
  expect(line.operations.current().rollout?.step).toBe(1);
  line.log.refuse("the disk is full");
  line.clock.advance(1_000);
  await line.rollouts.look();
  expect(line.active()).toBe(1);
  await line.operations.count(id, { flips: { new_deny: 1 }, skipped: 0, differences: [] });
  await line.rollouts.look();
  expect([line.active(), line.operations.current().ended[0]?.end]).toEqual([1, "rolled_back"]);
  await line.end();
});
