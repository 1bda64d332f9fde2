import { type AuthorModules, callAt, isTerm, type Naming, type Node, namesOf, sitesOf, textOf } from "../../rego/index.ts";
import type { Check } from "../check.ts";
import { heldInBrackets, heldReference } from "./held-reference.ts";
import { hoisted } from "./helper-rule.ts";
import { shown } from "./shown.ts";

const header = `# METADATA
# custom:
#   servers: [crm]
package policy.example
`;

export const negation: Check = {
  id: "negation",
  title: '"not" before a call, "in" or a comparison that holds a reference',
  danger: "OPA looks the operands up before it negates: where one is missing, the rule is silent instead of holding",
  wanted: '"not" before a bare rule, a path of the input, or a function whose arguments are variables or literals',
  example: {
    wrong: `${header}
deny contains {"code": "example.outsider"} if {
	input.tool.id == "crm.refund"
	not startswith(input.tool.name, concat("", [input.user.id, "-"]))
}
`,
    right: `${header}
deny contains {"code": "example.outsider"} if {
	input.tool.id == "crm.refund"
	not own_tool
}

own_tool if startswith(input.tool.name, concat("", [input.user.id, "-"]))
`,
  },
  find(checked, report) {
    for (const clause of [...checked.clauses.values()].flat()) {
      const naming = namesOf(checked, clause);
      for (const { node, line } of sitesOf(clause.rule)) {
        if (node.negated !== true) continue;
        const held = heldIn(node, checked, naming);
        if (held === undefined) continue;
        const written = textOf(node);
        const mended = hoisted(checked, clause, node, written.replace(/^not\s+/, ""));
        report({ at: clause, line, found: shown(written), remedy: `silent where "${shown(held)}" is missing`, mended });
      }
    }
  },
};

function heldIn(expression: Node, own: AuthorModules, naming: Naming): string | undefined {
  const { terms } = expression;
  const call = callAt(expression) ?? callAt(terms);
  if (call !== undefined) return heldReference(call.operands, own, naming);
  if (!isTerm(terms) || terms.type === "var") return undefined; // a bare rule
  return terms.type === "ref" ? heldInBrackets(terms, own, naming) : heldReference(terms, own, naming);
}
