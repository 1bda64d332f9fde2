import { leftOut } from "../../capabilities.ts";
import { alwaysHasValue, type Clause, callAt, nameOf, namesOf, sitesOf, textOf } from "../../rego/index.ts";
import type { Check, CheckedPackage } from "../check.ts";
import { sevenNames } from "../shape/index.ts";
import { type Partial, partial } from "./builtin-table.ts";
import { shown } from "./shown.ts";

const header = `# METADATA
# custom:
#   servers: [crm]
package policy.example
`;

export const partialBuiltin: Check = {
  id: "partial-builtin",
  title: "a built-in that can fail, outside of a rule or function with a default",
  danger: "a value that it cannot take makes it undefined without a trace, and the rule is silent for whoever sends such a value",
  wanted: "a function of its own with a default that is on the safe side",
  example: {
    wrong: `${header}
constrain contains {"code": "example.too_much"} if {
	input.tool.id == "crm.refund"
	to_number(input.args.amount) > 1000
}
`,
    right: `${header}
constrain contains {"code": "example.too_much"} if {
	input.tool.id == "crm.refund"
	amount(input.args.amount) > 1000
}

default amount(_) := 1000000000

amount(value) := to_number(value)
`,
  },
  find(checked, report) {
    for (const [name, clauses] of checked.clauses) {
      const caught = !sevenNames.has(name) && alwaysHasValue(checked, name) && !isSet(clauses);
      for (const at of clauses) {
        const naming = namesOf(checked, at);
        for (const { node, line, inside } of sitesOf(at.rule)) {
          if (caught && !inside.includes("comprehension")) continue; // there only the element would be lost
          const call = callAt(node);
          if (call === undefined || naming.importOf(call.name.split(".")[0] ?? "") !== undefined) continue;
          const entry = Object.hasOwn(leftOut, call.name) ? undefined : partialOf(call.name); // what is left out is told as that
          if (entry === undefined || entry.fine?.(call.operands) === true) continue;
          const mended = mendedOf(checked, at);
          const remedy = `"${operators[call.name] ?? call.name}" has no value for ${entry.without}`;
          report({ at, line, found: shown(textOf(node) || call.name), remedy, ...(mended !== undefined && { mended }) });
        }
      }
    }
  },
};

function partialOf(name: string): Partial | undefined {
  return Object.hasOwn(partial, name) ? partial[name] : undefined;
}

const operators: Readonly<Record<string, string>> = { div: "/", rem: "%" };

/** A set is never undefined, and yet an element of it is lost where its clause is. */
function isSet(clauses: readonly Clause[]): boolean {
  return clauses.some(({ rule }) => rule.head.key !== undefined && rule.head.args === undefined);
}

/** A function or rule that only holds or does not hold gets the default that it has anyway, and says so. */
function mendedOf({ clauses }: CheckedPackage, { rule }: Clause): string | undefined {
  const name = nameOf(rule);
  const { args, value, key } = rule.head;
  const all = clauses.get(name) ?? [];
  if (sevenNames.has(name) || key !== undefined || all.some((one) => one.rule.head.value?.value !== true) || value === undefined)
    return undefined;
  return `default ${name}${args === undefined ? "" : `(${args.map(() => "_").join(", ")})`} := false`;
}
