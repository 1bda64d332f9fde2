import { didYouMean } from "../../../core/mistakes.ts";
import { ruleNames } from "../../../parts/catalog/index.ts";
import { reachedFrom } from "../../rego/index.ts";
import type { Check } from "../check.ts";

export const unreached: Check = {
  id: "unreached",
  title: "a rule that none of the seven reaches",
  danger: "a misspelt name makes a rule that nobody asks: it compiles, and its denials are lost",
  wanted: `a rule that one of ${ruleNames.join(", ")} uses`,
  example: {
    wrong: `# METADATA
# custom:
#   servers: [crm]
package policy.example

dney contains {"code": "example.closed"} if input.time.hour < 8
`,
    right: `# METADATA
# custom:
#   servers: [crm]
package policy.example

deny contains {"code": "example.closed"} if input.time.hour < 8
`,
  },
  find(checked, report) {
    const reached = reachedFrom(checked, ruleNames);
    for (const [name, [at]] of checked.clauses) {
      if (reached.has(name) || at === undefined) continue;
      const remedy = didYouMean(name, ruleNames) ?? "correct its name, or remove it";
      report({ at, found: `the rule "${name}", which nothing reaches`, remedy });
    }
  },
};
