import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { duration, durationMs, moment } from "../../src/cli/flags.ts";

describe("a duration", () => {
  it("is a whole number with a unit", () => {
    expect(["90s", "30m", "12h", "7d", "2w"].map(durationMs)).toEqual([90_000, 1_800_000, 43_200_000, 604_800_000, 1_209_600_000]);
    for (const text of ["", "7", "d", "0d", "07d", "7 d", "7D", "1.5h", "-1h", "7d12h", "9999999999d"]) {
      expect([text, durationMs(text)]).toEqual([text, undefined]);
      expect(() => duration(text)).toThrow("wanted a duration");
    }
  });

  it("is read back for any count and unit", () => {
    const units = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 999_999_999 }),
        fc.constantFrom(...(Object.keys(units) as (keyof typeof units)[])),
        (count, unit) => {
          expect(durationMs(`${count}${unit}`)).toBe(count * units[unit] * 1000);
        },
      ),
    );
  });
});

describe("a moment", () => {
  it("is how long ago, or a time with its zone", () => {
    expect(moment("1h", () => 10_000_000)).toBe(6_400_000);
    expect(moment("1970-01-01T01:00:00+01:00")).toBe(0);
    for (const text of ["yesterday", "2027-01-31", "2027-13-31T00:00:00Z"]) expect(() => moment(text)).toThrow("wanted how long ago");
  });
});
