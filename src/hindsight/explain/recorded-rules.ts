import type { PolicySaid, RuleTold } from "./explanation.ts";

/** What the record says about rules whose conditions cannot be judged any more: a decision names every denial and every permit. */
export function asRecorded(rules: readonly RuleTold[], policy: PolicySaid | undefined): readonly RuleTold[] {
  if (policy === undefined) return rules;
  // Then policy gave no answer at all, and names nothing.
  const hasFailed = policy.reasons.some(({ rule, code }) => rule === "toolgate" && code.startsWith("policy."));
  return rules.map((rule) => {
    if (rule.failed === undefined || !(rule.state === "unjudgeable" || (rule.state === "failed" && !hasFailed))) return rule;
    const named = isNamed(rule, policy);
    if (named === undefined) return rule;
    const others = rules.filter((one) => one !== rule && one.package === rule.package && one.name === rule.name && one.rule === rule.rule);
    // Of several rules with one name the record does not say which one held.
    if (named && others.some(({ state }) => state !== "not_held")) return rule;
    const why = `${rule.failed.why}; the record says that the rule ${named ? "held" : "did not hold"}`;
    return { ...rule, state: named ? "held" : rule.state, failed: { ...rule.failed, why } };
  });
}

function isNamed({ rule, package: own, name }: RuleTold, { reasons, permits, known }: PolicySaid): boolean | undefined {
  if (rule === "permit") return permits.some((one) => one.rule === own && one.id === name);
  if (rule === "deny" || (rule === "constrain" && known)) return reasons.some((one) => one.rule === own && one.code === name);
  return undefined;
}
