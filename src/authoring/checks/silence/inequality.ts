import { callAt, isNode, type Site, textOf } from "../../rego/index.ts";
import type { Check } from "../check.ts";
import { hoisted } from "./helper-rule.ts";
import { shown } from "./shown.ts";
import { silentPlaces, silentText } from "./silent.ts";

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
    for (const place of silentPlaces(checked, unequal, (missing) => missing.in)) {
      const { clause, site, missing } = place;
      const remedy = `silent where "${shown(missing)}" is missing`;
      if (place.by !== undefined) {
        report({ at: clause, line: site.line, found: shown(silentText(place)), remedy });
        continue;
      }
      const [left, right] = unequal(site).map(textOf);
      const { node, expression } = site;
      const mended = node === expression && isNode(node) ? hoisted(checked, clause, node, `${left} == ${right}`) : undefined;
      report({ at: clause, line: site.line, found: shown(`${left} != ${right}`), remedy, ...(mended !== undefined && { mended }) });
    }
  },
};

function unequal({ node, inside }: Site): readonly unknown[] {
  const call = callAt(node);
  return call?.name === "neq" && !inside.includes("not") ? call.operands.slice(0, 2) : [];
}
