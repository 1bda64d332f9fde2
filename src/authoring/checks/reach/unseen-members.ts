import type { Check } from "../check.ts";
import { example } from "./example.ts";
import { originText, touches } from "./origin.ts";
import { tracedClauses, whereText, withoutPrefixes } from "./package-trace.ts";
import { renamed } from "./rule-text.ts";

/** What the library takes out of the input before it asks permit and deny: see policies/toolgate/packages.rego. */
export const unseenMembers = ["args", "args_digest", "phase", "method", "request", "limits", "items", "findings", "result"] as const;

export const unseenInPermitAndDeny: Check = {
  id: "unseen-in-permit-and-deny",
  title: "a permit or deny that looks at what only a call has: input.args and its like, or the whole input",
  danger:
    "a list asks permit and deny without arguments, so a denial that waits for one never holds, and a permit that waits for one never grants",
  wanted: "arguments in constrain or oblige; in permit and deny the caller and the target only",
  example: {
    wrong: example(`deny contains {"code": "example.too_much"} if {
	input.tool.id == "crm.refund"
	input.args.amount > 1000
}`),
    right: example(`constrain contains {"code": "example.too_much"} if {
	input.tool.id == "crm.refund"
	input.args.amount > 1000
}`),
  },
  find: (checked, report) => {
    for (const { name, clause, uses } of tracedClauses(checked)) {
      if (name !== "permit" && name !== "deny") continue;
      for (const use of withoutPrefixes(uses)) {
        const { origin } = use;
        const member = unseenMembers.find((one) => touches(origin, one));
        if (member === undefined) continue;
        const whole = typeof origin.path[0] !== "string";
        const remedy = whole
          ? "name the members that it looks at, e.g. input.tool.id: what is not named may be an argument"
          : name === "deny"
            ? `write it as constrain, which sees input.${member}`
            : `permit without it, and refuse what must not be with constrain, which sees input.${member}`;
        const found = `${whole ? "the whole input, or any member of it," : `"${originText(origin)}"`} ${whereText(use.clause, name, clause)}`;
        const mended = name === "deny" && !whole ? renamed(clause, "constrain") : undefined;
        report({ at: use.clause, line: use.line, found, remedy, ...(mended !== undefined && { mended }) });
      }
    }
  },
};
