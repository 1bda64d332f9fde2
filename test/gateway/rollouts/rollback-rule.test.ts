import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseRollbackRule, rollbackRuleText, ruleMeasures } from "../../../src/gateway/rollouts/index.ts";

describe("a rule of rolling back", () => {
  test("is read as it is written, in calls and in percent", () => {
    expect(parseRollbackRule("new-denies>20")).toEqual({ ok: true, value: { measure: "new_deny", above: 20, unit: "calls" } });
    expect(parseRollbackRule(" new-allows > 0.5% ")).toEqual({ ok: true, value: { measure: "new_allow", above: 0.5, unit: "percent" } });
    expect(parseRollbackRule("failures>0")).toEqual({ ok: true, value: { measure: "failed", above: 0, unit: "calls" } });
  });

  test("means the same when it is written and read again", () => {
    const calls = fc.nat(999_999_999).map((above) => ({ above, unit: "calls" as const }));
    const percent = fc.nat(9_999).map((hundredths) => ({ above: hundredths / 100, unit: "percent" as const }));
    fc.assert(
      fc.property(fc.constantFrom("new_deny", "new_allow", "new_ask", "changed", "failed"), fc.oneof(calls, percent), (measure, rest) => {
        const rule = { measure, ...rest } as const;
        expect(parseRollbackRule(rollbackRuleText(rule))).toEqual({ ok: true, value: rule });
      }),
    );
  });

  test("that is read is written as it was, but for white space", () => {
    const text = fc
      .tuple(fc.constantFrom(...ruleMeasures), fc.nat(99), fc.constantFrom("", "%"))
      .map(([word, n, sign]) => `${word}>${n}${sign}`);
    fc.assert(
      fc.property(text, (written) => {
        const rule = parseRollbackRule(written);
        expect(rule.ok && rollbackRuleText(rule.value)).toBe(written);
      }),
    );
  });

  test.each([
    "",
    "new-denies",
    "new-denies<20",
    "new-denies>",
    "new-denies>-1",
    "new-denies>1e3",
    "new-denies>2.5",
    "denies>3",
    "same>3",
    "changed>100%",
    "__proto__>1",
    "new-denies>20 failures>0",
  ])("is refused as %j", (text) => {
    const rule = parseRollbackRule(text);
    expect(rule.ok).toBe(false);
    expect(rule.ok || rule.error.length).toBeGreaterThan(10);
  });

  test("never throws, whatever is written", () => {
    fc.assert(fc.property(fc.string(), (text) => typeof parseRollbackRule(text).ok === "boolean"));
  });
});
