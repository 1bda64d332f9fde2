import fc from "fast-check";
import { expect, test } from "vitest";
import { whenText } from "../../../src/authoring/access/when.ts";
import { allHours, bothHours, isWithin, noHours, otherHours, readHours } from "../../../src/authoring/words/index.ts";

const week = fc.oneof(
  fc.array(fc.boolean(), { minLength: 336, maxLength: 336 }),
  fc
    .tuple(fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }), fc.array(fc.boolean(), { minLength: 48, maxLength: 48 }))
    .map(([days, day]) => days.flatMap((on) => day.map((half) => on && half))),
);

test("hours that a table of access tells are read as they were meant", () => {
  fc.assert(
    fc.property(week, (halves) => {
      const text = whenText(halves);
      const read = text === undefined ? noHours : readHours(text);
      const minutes = halves.flatMap((half, at) => (half ? [at * 30] : []));
      expect(halves.map((_, at) => read?.some(([from, until]) => from <= at * 30 && at * 30 + 30 <= until) ?? false)).toEqual(halves);
      expect(read?.reduce((sum, [from, until]) => sum + until - from, 0)).toBe(minutes.length * 30);
    }),
  );
});

test("what is not in hours is in the others, and in both is only what is in each", () => {
  fc.assert(
    fc.property(week, week, (a, b) => {
      const [one, two] = [a, b].map((halves) => readHours(whenText(halves) ?? "") ?? noHours);
      const both = bothHours(one!, two!);
      expect(isWithin(both, one!) && isWithin(both, two!)).toBe(true);
      expect(bothHours(one!, otherHours(one!))).toEqual([]);
      expect(isWithin(one!, two!)).toBe(bothHours(one!, otherHours(two!)).length === 0);
    }),
  );
  expect(otherHours(allHours)).toEqual([]);
});

test.each(["", "08", "mon-fri 8-18", "mon 08-25", "fun 08-18", "mon-tue-wed 08-18", "by the moon", "08:60-09"])(
  "%j is no time of a week",
  (text) => {
    expect(readHours(text)).toBeUndefined();
  },
);
