import { expect, test } from "vitest";
import { within } from "../../src/app/within.ts";

test("what comes in time came, and what does not is not waited for", async () => {
  expect(await within(Promise.resolve(), 60_000)).toBe(true);
  expect(await within(new Promise(() => {}), 1)).toBe(false);
});
