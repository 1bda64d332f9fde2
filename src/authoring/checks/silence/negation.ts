import { type AuthorModules, callAt, isTerm, type Naming, type Node, namesOf, type Site, sitesOf, textOf } from "../../rego/index.ts";
import type { Check } from "../check.ts";
import { heldInBrackets, heldReference } from "./held-reference.ts";
import { hoisted } from "./helper-rule.ts";
import { shown } from "./shown.ts";
import { silentPlaces, silentText } from "./silent.ts";

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
    for (const place of silentPlaces(checked, negatedNames, (missing) => missing.behind)) {
      const { clause, site, missing } = place;
      const remedy = `silent where "${shown(missing)}" is missing: give it its name in the rule behind "not", or ask for it in a line of its own`;
      report({ at: clause, line: site.line, found: shown(silentText(place)), remedy });
    }
  },
};

/** Whatever is negated: a variable in it has a value there, and none of the line holds where what gave it one had none. */
function negatedNames({ node }: Site): readonly unknown[] {
  if (node.negated !== true) return [];
  const call = callAt(node) ?? callAt(node.terms);
  return call === undefined ? [node.terms] : call.operands;
}

function heldIn(expression: Node, own: AuthorModules, naming: Naming): string | undefined {
  const { terms } = expression;
  const call = callAt(expression) ?? callAt(terms);
  if (call !== undefined) return heldReference(call.operands, own, naming);
  if (!isTerm(terms) || terms.type === "var") return undefined; // a bare rule
  return terms.type === "ref" ? heldInBrackets(terms, own, naming) : heldReference(terms, own, naming);
}
