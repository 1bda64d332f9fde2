import { afterEach, describe, expect, it } from "vitest";
import { type Load, lightLoad, type MeasurablePolicy } from "../../../src/parts/policy/index.ts";
import { opaIsMissing } from "./opa.ts";
import { allowed, library, policyOf } from "./policies.ts";

/** Quadratic or worse in a list of the input: what a careless rule does with a 9 KB array. */
const nested = library({
  decide: `decide := ${allowed} if {
	input.numbers
	hits := [1 | a := input.numbers[_]; b := input.numbers[_]; c := input.numbers[_]; a == c; b == -1]
	count(hits) == 0
}

decide := ${allowed} if not input.numbers`,
});
const slow = JSON.stringify({ numbers: Array.from({ length: 2_000 }, (_, index) => 1_000 + index) });
const quick = JSON.stringify({ numbers: [1, 2, 3] });
const heavy: Load = { widest: 2_000, nested: true };

let policy: MeasurablePolicy | undefined;
afterEach(async () => {
  await policy?.close();
});

describe.skipIf(opaIsMissing)("evaluations in workers", () => {
  it("end at their time limit while the main thread goes on judging", async () => {
    policy = await policyOf(nested, { timeoutMs: 300 });
    expect(await policy.decide(quick, heavy)).toMatchObject({ effect: "allow" });
    let ended = false;
    const long = policy.decide(slow, heavy).finally(() => {
      ended = true;
    });
    let judgedMeanwhile = 0;
    while (!ended) {
      expect(await policy.decide("{}", lightLoad)).toMatchObject({ effect: "allow" });
      judgedMeanwhile++;
      await new Promise(setImmediate);
    }
    expect(await long).toMatchObject({ effect: "deny", known: false, reasons: [{ code: "policy.timeout", rule: "toolgate" }] });
    expect(judgedMeanwhile).toBeGreaterThan(10);
  });

  it("are taken up by a new worker after one was ended", async () => {
    policy = await policyOf(nested, { timeoutMs: 300 });
    const answers = await Promise.all([policy.decide(slow, heavy), policy.decide(quick, heavy), policy.decide(quick, heavy)]);
    expect(answers.map(({ effect }) => effect)).toEqual(["deny", "allow", "allow"]);
  });

  it.each([
    ["is larger than 16 KiB", JSON.stringify({ text: "x".repeat(16_385) }), lightLoad],
    ["is larger than 16 KiB only in UTF-8", JSON.stringify({ text: "é".repeat(8_200) }), lightLoad],
    ["has a list of more than 256 entries", "{}", { widest: 257, nested: false }],
    ["meets a package that iterates in a nested way", "{}", { widest: 0, nested: true }],
  ])("are those whose input %s", async (_why, input, load) => {
    policy = await policyOf(library({}));
    await policy.close();
    // Closed: only the main thread still answers.
    expect(await policy.decide("{}", lightLoad)).toMatchObject({ effect: "allow" });
    expect((await policy.decide(input, load)).effect).toBe("deny");
  });

  it("are refused as overloaded when too many wait, and the others still answered", async () => {
    policy = await policyOf(nested, { timeoutMs: 5_000 });
    const asked = policy;
    const answers = await Promise.all(Array.from({ length: 60 }, () => asked.decide(quick, heavy)));
    const refused = answers.filter(({ reasons }) => reasons[0]?.code === "policy.overloaded");
    expect(refused.length).toBeGreaterThan(0);
    expect(answers.filter(({ effect }) => effect === "allow").length).toBe(60 - refused.length);
  });

  it("are answered with a denial when the policy is closed under them", async () => {
    policy = await policyOf(nested);
    const pending = [policy.decide(slow, heavy), policy.decide(quick, heavy)];
    await policy.close();
    for (const answer of await Promise.all(pending)) expect(answer.effect).toBe("deny");
  });

  it("are measured, and a case that reaches the limit is as slow as the limit", async () => {
    policy = await policyOf(nested, { timeoutMs: 300 });
    const measured = await policy.measure("toolgate/decide", quick);
    expect(measured).toMatchObject({ answer: { effect: "allow" } });
    expect(measured.ms).toBeGreaterThan(0);
    expect(await policy.measure("toolgate/decide", slow)).toMatchObject({ ms: 300, failure: { code: "policy.timeout" } });
  });

  it("answer every entrypoint as the main thread does", async () => {
    policy = await policyOf(library({ discover: 'discover := {"visible": [1]}', mask: 'mask := {"paths": ["/args/iban"]}' }));
    for (const load of [lightLoad, heavy]) {
      expect(await policy.discover('{"items": [1, 2, 3]}', load)).toEqual([false, true, false]);
      expect(await policy.mask("{}", load)).toEqual(["/args/iban"]);
      expect(await policy.admit("{}", load)).toEqual([]);
      expect(await policy.inspect("{}", load)).toEqual({ withheld: [], redactions: [] });
    }
  });
});
