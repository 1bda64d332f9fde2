import { describe, expect, it } from "vitest";
import type { Decision } from "../../../src/core/decision.ts";
import { flipOf } from "../../../src/gateway/index.ts";
import { allow } from "../small-gate.ts";

const ask: Decision = allow({ effect: "ask", obligations: [{ type: "approve", rule: "r", group: "g", ttl_s: 60, min: 1 }] });
const deny = (code: string, rule = "r"): Decision => allow({ effect: "deny", reasons: [{ code, rule }] });
const budget = (name: string, cost = 1) => ({ type: "budget", rule: "r", name, cost }) as const;

describe("a flip", () => {
  it("is where the word changes, whatever the reasons", () => {
    expect(flipOf(allow(), deny("a"))).toBe("new_deny");
    expect(flipOf(ask, deny("a"))).toBe("new_deny");
    expect(flipOf(deny("a"), allow())).toBe("new_allow");
    expect(flipOf(ask, allow())).toBe("new_allow");
    expect(flipOf(allow(), ask)).toBe("new_ask");
    expect(flipOf(deny("a"), deny("b"))).toBe("same");
    expect(flipOf({ ...deny("a"), obligations: [budget("a")] }, deny("a"))).toBe("same");
    expect(flipOf(allow(), allow())).toBe("same");
  });

  it("is no more than a change where other obligations or redactions come with the same word; their order says nothing", () => {
    const one = allow({ obligations: [budget("a"), budget("b")] });
    expect(flipOf(one, allow({ obligations: [budget("b"), budget("a")] }))).toBe("same");
    expect(flipOf(one, allow({ obligations: [budget("a"), budget("b", 2)] }))).toBe("changed");
    expect(flipOf(one, allow())).toBe("changed");
    expect(flipOf(allow(), allow({ redactions: [{ rule: "r", path: "/a", mode: "mask", optional: false }] }))).toBe("changed");
  });

  it("is a failure where policy gave no answer that can be used, and not where an author's code looks like it", () => {
    expect(flipOf(allow(), deny("policy.builtin_error", "toolgate"))).toBe("failed");
    expect(flipOf(allow(), deny("policy.builtin_error", "mine"))).toBe("new_deny");
    expect(flipOf(allow(), deny("policy.invalid_rule", "toolgate"))).toBe("new_deny");
  });
});
