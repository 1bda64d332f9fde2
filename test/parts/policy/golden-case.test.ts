import { describe, expect, it } from "vitest";
import { compareCase, type Policy } from "../../../src/parts/policy/index.ts";
import { opaIsMissing } from "./opa.ts";
import { library, policyOf } from "./policies.ts";

const fake: Policy = {
  decide: async () => ({
    effect: "deny",
    known: true,
    permits: [
      { rule: "role", id: "support" },
      { rule: "refunds", id: "support-refunds" },
    ],
    reasons: [
      { rule: "refunds", code: "refunds.too_much", message: "no" },
      { rule: "hours", code: "hours.closed" },
    ],
    obligations: [],
    redactions: [],
  }),
  discover: async () => [true, false, true],
  inspect: async () => ({ withheld: [], redactions: [{ rule: "pii", path: "/iban", mode: "mask", optional: false }] }),
  admit: async () => [{ rule: "hours", code: "hours.closed" }],
  mask: async () => ["/args/iban", "/args/pin"],
  close: async () => {},
};

const run = (entrypoint: string, want: unknown, more = {}) => compareCase(fake, { name: "a case", entrypoint, input: {}, want, ...more });

describe("a golden case", () => {
  it.each([
    ["decide", { effect: "deny" }],
    ["decide", { known: true, reasons: [{ code: "hours.closed" }, { rule: "refunds", code: "refunds.too_much" }] }],
    ["decide", { reasons: ["refunds.too_much", "hours.closed"] }],
    ["decide", { permits: [{ rule: "refunds", id: "support-refunds" }, { rule: "role" }], obligations: [] }],
    ["discover", { visible: [2, 0] }],
    ["inspect", { withheld: [], redactions: [{ path: "/iban" }] }],
    ["admit", { reasons: ["hours.closed"] }],
    ["mask", { paths: ["/args/pin", "/args/iban"] }],
  ])("of %s holds for %j", async (entrypoint, want) => {
    expect(await run(entrypoint, want)).toEqual({ name: "a case", differences: [] });
  });

  it.each([
    ["decide", { effect: "allow" }, "effect: wanted"],
    ["decide", { reasons: ["hours.closed"] }, "reasons: wanted"],
    ["decide", { reasons: ["hours.closed", "hours.closed"] }, "reasons: wanted"],
    ["decide", { reasons: [{ code: "refunds.too_much", message: "yes" }, {}] }, "reasons: wanted"],
    ["decide", { efect: "deny" }, '"efect" is no member'],
    ["discover", { visible: [0] }, "visible: wanted"],
    ["discover", {}, "wants nothing"],
    ["permit", { effect: "deny" }, "entrypoint"],
  ])("of %s says where the answer differs from %j", async (entrypoint, want, difference) => {
    expect((await run(entrypoint, want)).differences.join()).toContain(difference);
  });

  it("with a misspelt member is a difference, not a case that compares nothing", async () => {
    expect((await run("decide", { effect: "deny" }, { wnat: {} })).differences).toEqual(['unknown member "wnat"']);
    expect(await compareCase(fake, null)).toEqual({ name: "unnamed case", differences: ["the case is no object"] });
  });

  it("may give its input as text, which reaches the policy with every digit", async () => {
    let asked = "";
    const listening: Policy = {
      ...fake,
      decide: (input, load) => {
        asked = input;
        return fake.decide(input, load);
      },
    };
    const input = '{"time":{"ns":1767776400123456789}}';
    expect(await compareCase(listening, { name: "text", entrypoint: "decide", input, want: { effect: "deny" } })).toMatchObject({
      differences: [],
    });
    expect(asked).toBe(input);
    for (const odd of ["{", "1", "null"])
      expect((await run("decide", { effect: "deny" }, { input: odd })).differences).toEqual(["the case has no input"]);
  });

  it.skipIf(opaIsMissing)("is timed where the policy can be", async () => {
    const policy = await policyOf(library({}));
    const outcome = await compareCase(policy, { name: "timed", entrypoint: "decide", input: {}, want: { effect: "allow" } });
    expect(outcome).toEqual({ name: "timed", differences: [], ms: expect.any(Number) });
    await policy.close();
  });
});
