import { targetKinds } from "../../../core/methods.ts";
import { oneOf } from "../../../core/mistakes.ts";
import type { Check } from "../check.ts";
import { example } from "./example.ts";
import { originText } from "./origin.ts";
import { tracedClauses, whereText } from "./package-trace.ts";

const kinds: ReadonlySet<string> = new Set(targetKinds);
const ofResults: ReadonlySet<string> = new Set(["result", "findings"]);

export const memberOfAnotherKind: Check = {
  id: "member-of-another-kind",
  title: "a rule that looks at a member of the input that its package is never asked with",
  danger: "the member is never there, so a denial that asks for it never holds, and one that asks for its absence always does",
  wanted: "members of the kinds that custom.kinds of the METADATA names",
  example: {
    wrong: example(`constrain contains {"code": "example.prompt"} if {
	input.prompt.id == "crm.summary"
	input.args.city == "Atlantis"
}`),
    right: example(`constrain contains {"code": "example.tool"} if {
	input.tool.id == "crm.refund"
	input.args.amount > 1000
}`),
  },
  find: (checked, report) => {
    const { facts } = checked;
    if (facts === undefined || facts.kinds.length === 0) return;
    const own = new Set(facts.kinds);
    for (const { name, clause, uses } of tracedClauses(checked)) {
      // A mask is asked of every record of its servers, whatever its kind.
      if (name === "mask") continue;
      if (!asked(name, own)) {
        report({
          at: clause,
          found: `${name} in a package of kinds [admit]`,
          wanted: "deny: nothing else is asked when a principal connects",
          remedy: "add the kinds that it is about to custom.kinds",
        });
        continue;
      }
      for (const { origin, line, clause: at } of uses) {
        const [member] = origin.path;
        if (origin.root !== "input" || typeof member !== "string" || !kinds.has(member) || own.has(member)) continue;
        const found = `"${originText(origin)}" ${whereText(at, name, clause)} of a package of kinds [${facts.kinds.join(", ")}]`;
        report({
          at,
          line,
          found,
          wanted: oneOf(facts.kinds.map((kind) => (kind === "admit" ? "the caller's members" : `input.${kind}`))),
          remedy: `add ${member} to custom.kinds if the package is about it`,
        });
      }
    }
  },
};

/** Of a principal that connects only the denials are asked. */
function asked(name: string, own: ReadonlySet<string>): boolean {
  return name === "deny" || [...own].some((kind) => kind !== "admit");
}

export const resultBeforeThereIsOne: Check = {
  id: "result-before-the-call",
  title: "a constrain or oblige that looks at input.result, input.findings or input.items",
  danger: "they are asked before the call, where there is no result: the rule never holds, and the result leaves unseen",
  wanted: "input.result and input.findings in redact, withhold and mask",
  example: {
    wrong: example(`constrain contains {"code": "example.bulk"} if input.result.bytes > 32768`),
    right: example(`withhold contains {"code": "example.bulk"} if input.result.bytes > 32768`),
  },
  find: (checked, report) => {
    for (const { name, clause, uses } of tracedClauses(checked)) {
      if (name === "permit" || name === "deny") continue; // told as what is unseen there
      for (const { origin, line, clause: at } of uses) {
        const [member] = origin.path;
        if (origin.root !== "input" || typeof member !== "string") continue;
        const never = member === "items" || (ofResults.has(member) && (name === "constrain" || name === "oblige"));
        if (!never) continue;
        const remedy =
          member === "items"
            ? "look at input.tool, input.prompt or input.resource: a list asks about each of them"
            : "write it as withhold or redact";
        report({ at, line, found: `"${originText(origin)}" ${whereText(at, name, clause)}`, remedy });
      }
    }
  },
};
