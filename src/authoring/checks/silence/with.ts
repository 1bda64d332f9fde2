import { sitesOf, textOf } from "../../rego/index.ts";
import type { Check } from "../check.ts";
import { shown } from "./shown.ts";

const header = `# METADATA
# custom:
#   servers: [crm]
package policy.example
`;

export const withOutsideTests: Check = {
  id: "with",
  title: '"with" outside of tests',
  danger: "the rule is asked about another input than the one that is decided, and is silent where the value after `as` is missing",
  wanted: "a function that takes what differs as an argument",
  example: {
    wrong: `${header}
deny contains {"code": "example.not_staff"} if {
	input.tool.id == "crm.refund"
	not staff with input.user.id as input.user.email
}

staff if endswith(input.user.id, "@example.com")
`,
    right: `${header}
deny contains {"code": "example.not_staff"} if {
	input.tool.id == "crm.refund"
	not staff
}

staff if endswith(input.user.email, "@example.com")
`,
  },
  find({ clauses }, report) {
    for (const at of [...clauses.values()].flat()) {
      for (const { node, line } of sitesOf(at.rule)) {
        if (Array.isArray(node.with) && node.with.length > 0) report({ at, line, found: shown(textOf(node)) });
      }
    }
  },
};
