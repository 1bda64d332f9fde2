import { callAt, childrenOf, isTerm, type Naming, namesOf, sitesOf, type Term, textOf } from "../../rego/index.ts";
import type { Check } from "../check.ts";
import { effectsOf } from "./polarity.ts";
import { shown } from "./shown.ts";

const header = `# METADATA
# custom:
#   servers: [crm]
package policy.example
`;

/** What gives lists of as many elements as there happen to be. */
const ofAnyLength: ReadonlySet<string> = new Set([
  ...["split", "strings.split_n", "regex.split", "regex.find_n", "regex.find_all_string_submatch_n", "sort", "json.unmarshal"],
  ...["array.concat", "array.slice", "array.reverse", "object.get"],
]);

export const pattern: Check = {
  id: "pattern",
  title: "an object or a list as a pattern for what the caller sends, in a rule that tightens",
  danger: "a pattern fits only what has exactly its members: one argument more, or one part more, and the rule is silent",
  wanted: "members by their names: input.args.amount, parts[0]",
  example: {
    wrong: `${header}
constrain contains {"code": "example.too_much"} if {
	input.tool.id == "crm.refund"
	{"amount": amount} = input.args
	amount > 1000
}
`,
    right: `${header}
constrain contains {"code": "example.too_much"} if {
	input.tool.id == "crm.refund"
	input.args.amount > 1000
}
`,
  },
  find(checked, report) {
    const effects = effectsOf(checked);
    for (const [name, clauses] of checked.clauses) {
      if (effects.get(name)?.has("tightens") !== true) continue;
      for (const at of clauses) {
        const naming = namesOf(checked, at);
        for (const parameter of at.rule.head.args ?? [])
          if (isPattern(parameter, "object", naming)) report({ at, found: shown(`${name}(${textOf(parameter)})`) });
        for (const { node, line } of sitesOf(at.rule)) {
          const { name: operator, operands } = callAt(node) ?? { name: "", operands: [] };
          const [left, right] = operands;
          if (operator !== "assign" && operator !== "eq") continue;
          if (misses(left, right, naming) || misses(right, left, naming)) report({ at, line, found: shown(textOf(node)) });
        }
      }
    }
  },
};

function misses(written: unknown, value: unknown, naming: Naming): boolean {
  if (!isTerm(value) || value.type === "array" || value.type === "object") return false;
  if (isPattern(written, "object", naming)) return true;
  return isPattern(written, "array", naming) && (naming.pathOf(value)[0] === "input" || ofAnyLength.has(callAt(value)?.name ?? ""));
}

function isPattern(term: unknown, type: "object" | "array", naming: Naming): term is Term {
  return isTerm(term) && term.type === type && holdsVariable(term.value, naming);
}

function holdsVariable(node: unknown, naming: Naming): boolean {
  return naming.isVariable(node) || childrenOf(node).some((child) => holdsVariable(child, naming));
}
