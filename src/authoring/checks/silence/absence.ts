import { callAt, childrenOf, isEvery, isTerm, type Naming, type Site, textOf } from "../../rego/index.ts";
import type { Check } from "../check.ts";
import { isEmptyLiteral } from "./clause-facts.ts";
import { hoisted } from "./helper-rule.ts";
import { shown } from "./shown.ts";
import { silentPlaces, silentText } from "./silent.ts";

const header = `# METADATA
# custom:
#   servers: [crm]
package policy.example
`;

export const absence: Check = {
  id: "absence",
  title: 'a test for less, for nothing or with "every" that tightens, of what may be missing',
  danger:
    "what is missing is not less than anything, not empty and not false, it is nothing: the rule is silent for exactly the callers that have least",
  wanted: '"not" before a rule of its own that holds where all is well, or object.get with the value that counts without it',
  example: {
    wrong: `${header}
deny contains {"code": "example.long_ago"} if {
	input.tool.id == "crm.refund"
	input.user.auth.time < 1767769200
}
`,
    right: `${header}
deny contains {"code": "example.long_ago"} if {
	input.tool.id == "crm.refund"
	not just_now
}

just_now if input.user.auth.time >= 1767769200
`,
  },
  find(checked, report) {
    for (const place of silentPlaces(checked, absent, (missing) => missing.in)) {
      const { clause: at, site, missing } = place;
      const condition = place.by === undefined && site.node === site.expression ? turnedRound(site.node) : undefined;
      const mended = condition === undefined ? undefined : hoisted(checked, at, site.node, condition);
      const remedy = `silent where "${shown(missing)}" is missing`;
      report({ at, line: site.line, found: shown(silentText(place)), remedy, ...(mended !== undefined && { mended }) });
    }
  },
};

const opposites: Readonly<Record<string, string>> = { lt: ">=", lte: ">", gt: "<=", gte: "<" };

/** What holds where all is well: `input.user.auth.time >= 5` for `input.user.auth.time < 5`. */
function turnedRound(node: unknown): string | undefined {
  const { name = "", operands = [] } = callAt(node) ?? {};
  const opposite = Object.hasOwn(opposites, name) ? opposites[name] : undefined;
  const [left = "", right = ""] = operands.map(textOf);
  return opposite === undefined || left === "" || right === "" ? undefined : `${left} ${opposite} ${right}`;
}

/** What is asked for less, for nothing or one by one. */
function absent({ node, inside }: Site, _: unknown, naming: Naming): readonly unknown[] {
  if (inside.includes("not")) return [];
  if (isEvery(node)) return [node.domain];
  const { name, operands } = callAt(node) ?? { name: "", operands: [] };
  const [left, right] = operands;
  if (name === "lt" || name === "lte") return [...lesserIn(left, true), ...lesserIn(right, false)];
  if (name === "gt" || name === "gte") return [...lesserIn(left, false), ...lesserIn(right, true)];
  if (name === "is_null") return [left];
  if (name === "equal" || name === "eq") {
    if (isEmptyLiteral(right) && !(isTerm(left) && left.type === "var" && name === "eq" && naming.isVariable(left))) return [left];
    return isEmptyLiteral(left) ? [right] : [];
  }
  // `startswith(a, b, false)`: an operand more than it takes is what it gives.
  return node.type !== "call" && operands.length > 1 && isFalse(operands.at(-1)) && name !== "assign" ? operands.slice(0, -1) : [];
}

/** The parts of a sum that the comparison holds for if they are small. */
function lesserIn(term: unknown, lesser: boolean): readonly unknown[] {
  const call = isTerm(term) && term.type === "call" ? callAt(term) : undefined;
  if (call?.name === "minus") return [...lesserIn(call.operands[0], lesser), ...lesserIn(call.operands[1], !lesser)];
  if (call !== undefined && sums.has(call.name)) return childrenOf(call.operands).flatMap((operand) => lesserIn(operand, lesser));
  return lesser ? [term] : [];
}

const sums: ReadonlySet<string> = new Set(["plus", "mul", "div", "round", "ceil", "floor"]);

function isFalse(term: unknown): boolean {
  return isTerm(term) && term.type === "boolean" && term.value === false;
}
