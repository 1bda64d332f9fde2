import type { Check, CheckedPackage, Finding } from "../check.ts";
import { argumentFault } from "./argument-schema.ts";
import { example } from "./example.ts";
import { bodyHolds } from "./holds.ts";
import { astray, inputMembers } from "./input-schema.ts";
import { type Origin, sameOrigin } from "./origin.ts";
import { type Traced, tracedClauses } from "./package-trace.ts";
import { asksForPresence } from "./presence.ts";
import { scopeOf, withBody } from "./scope.ts";
import { type Target, toolsOf } from "./target.ts";
import { elementOf, nearest, type Template, templatesIn, textsOf } from "./templates.ts";
import { unseenMembers } from "./unseen-members.ts";

/**
 * An obligation that cannot be filled denies, so nothing would be opened. It is refused all the same: the first to hear
 * of it would be callers in production, and a rule that says what counts without the argument is two lines.
 */
export const templateThatIsNotFilled: Check = {
  id: "template-that-is-not-filled",
  title: "a template in a message or an obligation that the input does not fill",
  danger: "an obligation that cannot be filled denies every call it is asked of, and a message tells a question mark in place of the value",
  wanted: "{input.…} with a path that the input has; in obligations an argument that every tool requires",
  example: {
    wrong: example(`oblige contains {"type": "budget", "name": "calls-per-minute", "cost": "{input.args.limit}"} if {
	input.tool.id == "crm.search_customers"
}`),
    right: example(`oblige contains {"type": "budget", "name": "calls-per-minute", "cost": "{input.args.limit}"} if {
	input.tool.id == "crm.search_customers"
	"limit" in object.keys(input.args)
}

oblige contains {"type": "budget", "name": "calls-per-minute", "cost": 20} if {
	input.tool.id == "crm.search_customers"
	not input.args.limit
}`),
  },
  find: (checked, report) => {
    const members = inputMembers();
    for (const traced of tracedClauses(checked)) {
      for (const text of textsOf(elementOf(traced))) {
        for (const template of templatesIn(text, members)) {
          const told = faultOf(template, traced, checked);
          if (told !== undefined) report({ at: traced.clause, ...told });
        }
      }
    }
  },
};

type Told = Omit<Finding, "at">;

function faultOf({ text, path }: Template, traced: Traced, checked: CheckedPackage): Told | undefined {
  if (path === undefined) {
    const inner = text.slice(1, -1);
    const meant = inner.startsWith("input") ? "a path of names and dots: {input.user.id}" : `{input.${inner}}`;
    return { found: `"${text}", which the host does not take for a template`, wanted: meant };
  }
  const lost = astray(path);
  if (lost !== undefined) return { found: `"${text}", which no input has`, remedy: nearest(lost.step, lost.known) };
  const [member = ""] = path;
  if (traced.name === "permit" || traced.name === "deny") {
    if (!unseenMembers.some((unseen) => unseen === member)) return undefined;
    return {
      found: `"${text}" in ${traced.name}, which is asked without it`,
      remedy: "name the caller and the target only, or write the rule as constrain",
    };
  }
  return traced.name === "oblige" && member === "args" ? argumentFaultOf(text, path, traced, checked) : undefined;
}

function argumentFaultOf(text: string, path: readonly string[], traced: Traced, checked: CheckedPackage): Told | undefined {
  const origin: Origin = { root: "input", path };
  // A rule that asks for the argument itself holds only where it is there.
  if (traced.uses.some((use) => use.clause.rule === traced.clause.rule && use.effect === "holds" && sameOrigin(use.origin, origin)))
    return undefined;
  if (asksForPresence(checked, traced.clause, origin)) return undefined;
  for (const target of targetsOf(traced, checked)) {
    const fault = target.schema === undefined ? undefined : argumentFault(target.schema, path.slice(1));
    if (fault === undefined) continue;
    const key = JSON.stringify(path.at(-1));
    const object = `input.${path.slice(0, -1).join(".")}`;
    const remedy = fault.foreign
      ? "say which tools it is about: input.tool.id == …"
      : `ask for it in the body, ${key} in object.keys(${object}), and say in a second rule what counts without it`;
    return { found: `"${text}" in an obligation: ${target.id} ${fault.says}`, remedy };
  }
  return undefined;
}

function targetsOf({ clause }: Traced, own: CheckedPackage): readonly Target[] {
  const scope = withBody(scopeOf(own, clause), clause.rule.body);
  return toolsOf(own).filter((target) => bodyHolds(clause.rule.body, scope, { target, tables: own.tables }) !== false);
}
