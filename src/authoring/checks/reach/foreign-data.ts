import { didYouMean, oneOf } from "../../../core/mistakes.ts";
import type { TableData } from "../../tables/index.ts";
import type { Check } from "../check.ts";
import { example } from "./example.ts";
import { type Origin, originText } from "./origin.ts";
import { tracedClauses, whereText, withoutPrefixes } from "./package-trace.ts";

const authors = ["custom", "settings"] as const;

export const foreignData: Check = {
  id: "foreign-data",
  title: "a rule that looks at data that is not the author's: data.policy, data.roles, data.toolgate, or data as a whole",
  danger:
    "permits of another package would count here for servers, kinds and callers that they were never meant for, and nobody sees it in either package",
  wanted: "data.custom and data.settings, and rules of the own package by their names",
  example: {
    wrong: example(`deny contains {"code": "example.not_permitted"} if {
	some other in ["refunds"]
	count(data.policy[other].permit) == 0
}`),
    right: example(`deny contains {"code": "example.not_permitted"} if {
	input.client.name in data.custom.suspended_clients
}`),
  },
  find: (checked, report) => {
    for (const { name, clause, uses } of tracedClauses(checked)) {
      for (const { origin, line, clause: at } of withoutPrefixes(uses)) {
        if (origin.root !== "data" || authors.some((own) => own === origin.path[0])) continue;
        const remedy = origin.path[0] === "policy" ? "write the rule here again, or keep what both need under data.custom" : undefined;
        report({ at, line, found: `"${originText(origin)}" ${whereText(at, name, clause)}`, ...(remedy !== undefined && { remedy }) });
      }
    }
  },
};

export const missingData: Check = {
  id: "missing-data",
  title: "a rule that looks at data.custom or data.settings where the tables hold nothing",
  danger:
    "what is not there is undefined, so the denial that asks for it never holds: a list of suspended clients under a misspelt name suspends nobody",
  wanted: "a path that custom.yaml or settings.yaml has",
  example: {
    wrong: example(`deny contains {"code": "example.suspended"} if input.client.name in data.custom.suspended_client`),
    right: example(`deny contains {"code": "example.suspended"} if input.client.name in data.custom.suspended_clients`),
  },
  find: (checked, report) => {
    const { tables } = checked;
    if (tables === undefined) return;
    for (const { uses } of tracedClauses(checked)) {
      for (const { origin, line, clause: at, missing } of uses) {
        const gap = missing === "covered" ? undefined : gapAt(origin, tables);
        if (gap === undefined) continue;
        const table = String(origin.path[0]);
        const near = didYouMean(gap.step, gap.known);
        const wanted = gap.known.length === 0 ? `a path that catalog/${table}.yaml has` : oneOf(gap.known);
        report({
          at,
          line,
          found: `"${originText(origin)}", which catalog/${table}.yaml does not have`,
          wanted,
          remedy: near ?? `add "${gap.step}" to catalog/${table}.yaml`,
        });
      }
    }
  },
};

/** The first step of a path that the tables do not have, and what they have there instead. */
function gapAt({ root, path }: Origin, tables: TableData): { readonly step: string; readonly known: readonly string[] } | undefined {
  const [table, ...rest] = path;
  if (root !== "data" || (table !== "custom" && table !== "settings")) return undefined;
  let at: unknown = tables[table];
  for (const step of rest) {
    if (typeof step !== "string") return undefined;
    if (typeof at !== "object" || at === null || Array.isArray(at)) return { step, known: [] };
    if (!Object.hasOwn(at, step)) return { step, known: Object.keys(at) };
    at = Reflect.get(at, step);
  }
  return undefined;
}
