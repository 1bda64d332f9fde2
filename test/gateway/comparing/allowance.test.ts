import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Allowance } from "../../../src/gateway/comparing/allowance.ts";

function takeAll(allowance: Allowance): number {
  let taken = 0;
  while (allowance.take()) taken += 1;
  return taken;
}

describe("the allowance of comparisons", () => {
  test("takes a burst of one second's worth, and then what time gives back", () => {
    const allowance = new Allowance(100, 0);
    expect(takeAll(allowance)).toBe(100);
    allowance.refill(50);
    expect(takeAll(allowance)).toBe(5);
    allowance.refill(60_000);
    expect(takeAll(allowance)).toBe(100);
  });

  test("never takes more in a time than its rate and one burst", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), fc.array(fc.nat(500), { maxLength: 50 }), (perSecond, pauses) => {
        const allowance = new Allowance(perSecond, 0);
        let now = 0;
        let taken = takeAll(allowance);
        for (const pause of pauses) {
          now += pause;
          allowance.refill(now);
          taken += takeAll(allowance);
        }
        expect(taken).toBeLessThanOrEqual(perSecond + (now * perSecond) / 1000 + 1e-6);
      }),
    );
  });

  test("neither gains nor loses by a clock that is set back", () => {
    const allowance = new Allowance(10, 1000);
    expect(takeAll(allowance)).toBe(10);
    allowance.refill(0);
    expect(takeAll(allowance)).toBe(0);
    allowance.refill(500);
    expect(takeAll(allowance)).toBe(5);
  });
});
