import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { DecisionId } from "../../../src/core/ids.ts";
import { flips } from "../../../src/core/operations.ts";
import { countedOf } from "../../../src/gateway/comparing/counting.ts";
import type { FoundFlip } from "../../../src/gateway/comparing/messages.ts";

const differing = flips.filter((flip) => flip !== "same");
const found: fc.Arbitrary<FoundFlip> = fc.record({
  id: fc.uuid().map((text) => `dec_${text}` as DecisionId),
  flip: fc.constantFrom(...differing),
  agent: fc.constantFrom("a", "b", 'c", "d'),
  target: fc.constantFrom("crm.refund", "files.read"),
  rule: fc.constantFrom("", "refunds refunds.too_much"),
});

describe("what a batch of comparisons found", () => {
  test("is counted once by how it differs and once by where, and both agree", () => {
    fc.assert(
      fc.property(fc.nat(100), fc.array(found), fc.nat(100), (same, list, skipped) => {
        const counted = countedOf(same, list, skipped);
        expect(counted.skipped).toBe(skipped);
        expect(counted.flips.same ?? 0).toBe(same);
        for (const flip of differing) {
          const wanted = list.filter((one) => one.flip === flip).length;
          expect(counted.flips[flip] ?? 0).toBe(wanted);
          const apart = counted.differences.filter((one) => one.flip === flip).reduce((sum, { count }) => sum + count, 0);
          expect(apart).toBe(wanted);
        }
      }),
    );
  });

  test("keeps alike differences together with the latest three decisions, and unlike ones apart", () => {
    fc.assert(
      fc.property(fc.array(found), (list) => {
        const { differences } = countedOf(0, list, 0);
        const keys = differences.map(({ flip, agent, target, rule }) => JSON.stringify({ flip, agent, target, rule }));
        expect(new Set(keys).size).toBe(keys.length);
        for (const { flip, agent, target, rule, samples } of differences) {
          const alike = list.filter((one) => one.flip === flip && one.agent === agent && one.target === target && one.rule === rule);
          expect(samples).toEqual(alike.slice(-3).map(({ id }) => id));
        }
      }),
    );
  });
});
