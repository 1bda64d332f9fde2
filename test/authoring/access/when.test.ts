import { describe, expect, test } from "vitest";
import { momentsOf } from "../../../src/authoring/access/moments.ts";
import { whenText } from "../../../src/authoring/access/when.ts";

/** A week of half-hours in which those hold of which `holds` says so. */
const week = (holds: (day: number, hour: number) => boolean) =>
  Array.from({ length: 336 }, (_, slot) => holds(Math.floor(slot / 48), (slot % 48) / 2));

describe("half-hours of a week", () => {
  test.each([
    ["mon-fri 08-18", week((day, hour) => day < 5 && hour >= 8 && hour < 18)],
    ["08-18", week((_, hour) => hour >= 8 && hour < 18)],
    ["22-06", week((_, hour) => hour >= 22 || hour < 6)],
    ["mon-fri 00-06,22-24", week((day, hour) => day < 5 && (hour >= 22 || hour < 6))],
    ["sat-sun", week((day) => day > 4)],
    ["mon-wed,fri 08:30-12; sat", week((day, hour) => (day === 5 ? true : day !== 3 && day < 5 && hour >= 8.5 && hour < 12))],
    ["always", week(() => true)],
    [undefined, week(() => false)],
  ])("are told as %s", (text, flags) => {
    expect(whenText(flags)).toBe(text);
  });
});

describe("moments that stand for all others", () => {
  const at = Date.UTC(2026, 2, 3, 11, 20);

  test("are as many as the parts of the clock tell apart, and the first is the one that is asked about", () => {
    const counts = (parts: Parameters<typeof momentsOf>[0]) => momentsOf(parts, at, "Europe/Berlin").instants.length;
    expect(counts(new Set())).toBe(1);
    expect(counts(new Set(["hour"]))).toBe(24);
    expect(counts(new Set(["weekday"]))).toBe(7);
    expect(counts(new Set(["hour", "weekday"]))).toBe(168);
    expect(counts(new Set(["hour", "minute"]))).toBe(49);
    expect(momentsOf(new Set(["hour"]), at, "Europe/Berlin").instants[0]).toBe(at);
  });

  test.each(["Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Australia/Lord_Howe", "UTC"])(
    "stand for the hours that a clock in %s shows, also where daylight saving leaves one out",
    (zone) => {
      // Three days before clocks change in Europe.
      const { instants, week: told } = momentsOf(new Set(["hour", "weekday"]), Date.UTC(2026, 2, 26), zone);
      const format = new Intl.DateTimeFormat("en-GB", { timeZone: zone, weekday: "short", hour: "2-digit", hourCycle: "h23" });
      const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
      for (const [slot, moment] of told.entries()) {
        const parts = Object.fromEntries(format.formatToParts(instants[moment]).map(({ type, value }) => [type, value]));
        expect([parts.weekday, Number(parts.hour)]).toEqual([days[Math.floor(slot / 48)], Math.floor((slot % 48) / 2)]);
      }
    },
  );
});
