import type { TargetKind } from "../../../core/methods.ts";
import type { Check, CheckedPackage } from "../check.ts";
import { example } from "./example.ts";
import { bodyHolds } from "./holds.ts";
import { touches } from "./origin.ts";
import { type Traced, tracedClauses } from "./package-trace.ts";
import { renamed } from "./rule-text.ts";
import { scopeOf, withBody } from "./scope.ts";
import { anyOf } from "./target.ts";
import type { Use } from "./trace.ts";
import { unseenMembers } from "./unseen-members.ts";

/** Kinds that stand in lists. Of the others nothing is shown that a call is refused later. */
const listed = ["tool", "prompt", "resource"] as const satisfies readonly TargetKind[];

/** What is whole only in a read: a list of templates asks about their literal beginnings. */
const wholeInReads: ReadonlySet<unknown> = new Set(["uri", "host", "path", "scheme", "mime", undefined]);

export const constrainWithoutArguments: Check = {
  id: "constrain-without-arguments",
  title: "a constrain that looks at nothing that only a call has",
  danger: "a constraint counts in calls only, so the list shows what every call is refused: list and call disagree",
  wanted: "deny, which closes it in lists and calls alike",
  example: {
    wrong: example(`constrain contains {"code": "example.contractors"} if {
	"contractors" in input.user.groups
	input.tool.risk == "critical"
}`),
    right: example(`deny contains {"code": "example.contractors"} if {
	"contractors" in input.user.groups
	input.tool.risk == "critical"
}`),
  },
  find: (checked, report) => {
    for (const traced of tracedClauses(checked)) {
      if (traced.name !== "constrain" || traced.clause.rule.head.key === undefined || traced.uses.some(ofCalls)) continue;
      const kind = listed.find((one) => checked.facts?.kinds.includes(one) === true && mayHold(checked, traced, one));
      if (kind === undefined || (kind === "resource" && traced.uses.some(ofWholeUris))) continue;
      const remedy = "write deny in place of constrain, or look at the arguments that it is about";
      const mended = renamed(traced.clause, "deny");
      report({ at: traced.clause, found: "a constrain that looks at no argument", remedy, ...(mended !== undefined && { mended }) });
    }
  },
};

function mayHold(own: CheckedPackage, { clause }: Traced, kind: TargetKind): boolean {
  const scope = withBody(scopeOf(own, clause), clause.rule.body);
  return bodyHolds(clause.rule.body, scope, { target: anyOf(kind), tables: own.tables }) !== false;
}

function ofCalls({ origin }: Use): boolean {
  return unseenMembers.some((member) => touches(origin, member));
}

function ofWholeUris({ origin: { root, path } }: Use): boolean {
  return root === "input" && path[0] === "resource" && (typeof path[1] !== "string" || wholeInReads.has(path[1]));
}
