import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backOffMs, restMs, retryAfterMs } from "../../../../src/parts/bundle/sources/waits.ts";

const delays = { minMs: 10_000, maxMs: 30_000 };
const chance = fc.double({ min: 0, max: 1, noNaN: true });

describe("the rest between tries that go well", () => {
  it("lies between the two delays, wherever chance falls", () => {
    expect([restMs(delays, 0), restMs(delays, 0.5), restMs(delays, 1)]).toEqual([10_000, 20_000, 30_000]);
  });
});

describe("the wait after failures", () => {
  it("doubles from half a second up to the longest rest", () => {
    expect([1, 2, 3, 7, 60].map((failures) => backOffMs(failures, delays, 1))).toEqual([500, 1000, 2000, 30_000, 30_000]);
  });

  it("is never more than the longest rest and never less than half of its step, where the server asks for nothing", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10_000 }), chance, (failures, random) => {
        const wait = backOffMs(failures, delays, random);
        expect(wait).toBeLessThanOrEqual(delays.maxMs);
        expect(wait).toBeGreaterThanOrEqual(250);
      }),
    );
  });

  it("is what the server asks for if that is longer, but at most five minutes", () => {
    expect(backOffMs(1, delays, 1, 90_000)).toBe(90_000);
    expect(backOffMs(1, delays, 1, 10)).toBe(500);
    expect(backOffMs(1, delays, 1, 86_400_000)).toBe(300_000);
  });
});

describe("Retry-After", () => {
  const now = Date.parse("2026-06-01T00:00:00Z");

  it("is read as seconds or as a date", () => {
    expect(retryAfterMs("120", now)).toBe(120_000);
    expect(retryAfterMs("Mon, 01 Jun 2026 00:00:30 GMT", now)).toBe(30_000);
    expect(retryAfterMs("Sun, 31 May 2026 00:00:00 GMT", now)).toBe(0);
  });

  it.each([undefined, "", "-5", "soon", "1e9", "Mon, 99 Foo 2026", "99999999999"])("is nothing where it says %j", (header) => {
    expect(retryAfterMs(header, now)).toBeUndefined();
  });

  it("never makes anything but a wait of bounded length of what a server sends", () => {
    fc.assert(
      fc.property(fc.string(), (header) => {
        const wait = backOffMs(1, delays, 0, retryAfterMs(header, now));
        expect(wait).toBeGreaterThanOrEqual(250);
        expect(wait).toBeLessThanOrEqual(300_000);
      }),
    );
  });
});
