import type { Check } from "../check.ts";
import { example } from "./example.ts";
import { originText, touches } from "./origin.ts";
import { tracedClauses, whereText, withoutPrefixes } from "./package-trace.ts";
import type { Use } from "./trace.ts";

/** What the caller says of itself. */
const claims = ["client", "request"] as const;

export const claimsOfTheCaller: Check = {
  id: "claims-of-the-caller",
  title: "what the caller claims (input.client, input.request) where it could open something",
  danger:
    "whoever calls itself the right client, or claims the right intent, is let through: nothing in input.client and input.request is verified",
  wanted: "claims only where they close: never in permit, elsewhere as it stands or with ==, in or a pattern",
  example: {
    wrong: example(`deny contains {"code": "example.client"} if input.client.name != "house-ide"`),
    right: example(`deny contains {"code": "example.client"} if input.client.name in data.custom.suspended_clients`),
  },
  find: (checked, report) => {
    for (const { name, clause, uses } of tracedClauses(checked)) {
      for (const use of withoutPrefixes(uses)) {
        const claim = claims.some((one) => touches(use.origin, one) && !unseen(name, use.origin.path[0]));
        const way = claim ? openedBy(name, use) : undefined;
        if (way === undefined) continue;
        const remedy =
          "name the claims that are refused, or ask for what the token proves: input.agent.id, input.user, input.agent.surface";
        report({
          at: use.clause,
          line: use.line,
          found: `"${originText(use.origin)}" ${way} ${whereText(use.clause, name, clause)}`,
          remedy,
        });
      }
    }
  },
};

/** What permit and deny do not even see is told as that. */
function unseen(name: string, member: unknown): boolean {
  return (name === "permit" || name === "deny") && member !== "client";
}

function openedBy(name: string, { effect }: Use): string | undefined {
  if (name === "permit") return "as a ground";
  if (effect === "fails") return 'under "not"';
  return effect === "either" ? "in a test that it can turn round (!=, an ordering, count, every or a comprehension)," : undefined;
}
