import { describe, expect, it } from "vitest";
import { createTally } from "../../src/gateway/tally.ts";

describe("counting refusals that are alike", () => {
  it("records the first at once and the rest of a second as one record with a count", async () => {
    const records: [string, number][] = [];
    const tally = createTally<string>(async (facts, count) => void records.push([facts, count]));
    for (let i = 0; i < 1000; i++) await tally.count("auth.expired", `refusal ${i}`, 5000 + (i % 900));
    expect(records).toEqual([["refusal 0", 1]]);
    await tally.flush();
    expect(records).toEqual([
      ["refusal 0", 1],
      ["refusal 999", 999],
    ]);
  });

  it("counts what a new window missed into its first record", async () => {
    const records: number[] = [];
    const tally = createTally<string>(async (_, count) => void records.push(count));
    await tally.count("k", "a", 0);
    await tally.count("k", "b", 500);
    await tally.count("k", "c", 1000);
    expect(records).toEqual([1, 2]);
  });

  it("keeps bounded memory and loses no count when keys are endless", async () => {
    let total = 0;
    const tally = createTally<string>(async (_, count) => {
      total += count;
    });
    for (let i = 0; i < 5000; i++) await tally.count(`key ${i}`, "x", 0);
    await tally.flush();
    expect(total).toBe(5000);
  });
});
