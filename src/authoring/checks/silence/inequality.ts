import { callAt, isNode, namesOf, sitesOf, textOf } from "../../rego/index.ts";
import type { Check } from "../check.ts";
import { hoisted } from "./helper-rule.ts";
import { missingOperand } from "./missing-operand.ts";
import { effectsOf } from "./polarity.ts";
import { shown } from "./shown.ts";

const header = `# METADATA
# custom:
#   servers: [crm]
package policy.example
`;

export const inequality: Check = {
  id: "inequality",
  title: '"!=" that tightens, with an operand that may be missing',
  danger: "what is missing is not unequal, it is nothing: the rule is silent for exactly the callers that it is most needed for",
  wanted: '"not" before a rule of its own that holds where both are equal',
  example: {
    wrong: `${header}
deny contains {"code": "example.other_team"} if {
	input.tool.id == "crm.refund"
	input.agent.team != "support"
}
`,
    right: `${header}
deny contains {"code": "example.other_team"} if {
	input.tool.id == "crm.refund"
	not same_team
}

same_team if input.agent.team == "support"
`,
  },
  find(checked, report) {
    const effects = effectsOf(checked);
    for (const [name, clauses] of checked.clauses) {
      for (const clause of clauses) {
        const naming = namesOf(checked, clause);
        for (const { node, line, inside, expression } of sitesOf(clause.rule)) {
          const call = callAt(node);
          if (call?.name !== "neq" || inside.includes("not")) continue;
          if (effects.get(name)?.has("tightens") !== true && !inside.includes("comprehension")) continue;
          const missing = missingOperand(call.operands, checked, naming);
          if (missing === undefined) continue;
          const [left, right] = call.operands.map(textOf);
          const mended = node === expression && isNode(node) ? hoisted(checked, clause, node, `${left} == ${right}`) : undefined;
          const remedy = `silent where "${shown(missing)}" is missing`;
          report({ at: clause, line, found: shown(`${left} != ${right}`), remedy, ...(mended !== undefined && { mended }) });
        }
      }
    }
  },
};
