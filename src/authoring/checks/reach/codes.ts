import { ownPrefixes } from "../../../core/reasons.ts";
import { textOf } from "../../rego/index.ts";
import type { Check } from "../check.ts";
import { example } from "./example.ts";
import { tracedClauses } from "./package-trace.ts";
import { elementOf } from "./templates.ts";

/** As parts/policy reads them; anything else is told as policy.invalid_rule. */
const shape = /^[a-z][a-z0-9_]*(?:\.[a-z0-9][a-z0-9_]*)+$/;
const LONGEST = 100;

export const codeOfTheProduct: Check = {
  id: "code-of-the-product",
  title: "a code that begins like the product's own, or that is no code",
  danger: "the caller is told policy.invalid_rule in its place, and whoever searches records for the code finds nothing",
  wanted: "the name of the package, a dot and a name: refunds.too_much",
  example: {
    wrong: example(`deny contains {"code": "tool.closed"} if input.tool.risk == "critical"`),
    right: example(`deny contains {"code": "example.closed"} if input.tool.risk == "critical"`),
  },
  find: (checked, report) => {
    for (const traced of tracedClauses(checked)) {
      const code = elementOf(traced)?.code;
      if (typeof code !== "string") continue;
      const prefix = code.slice(0, code.indexOf("."));
      const name = code.slice(code.lastIndexOf(".") + 1);
      const said = /^[a-z0-9][a-z0-9_]*$/.test(name) ? name : "name";
      const remedy = `write "${checked.name}.${said}"`;
      const head = textOf(traced.clause.rule.head.key).replace(JSON.stringify(code), JSON.stringify(`${checked.name}.${said}`));
      const mended = `${traced.name} contains ${head} …`;
      if (!shape.test(code) || code.length > LONGEST) report({ at: traced.clause, found: `the code "${code}"`, remedy, mended });
      else if (ownPrefixes.has(prefix))
        report({ at: traced.clause, found: `the code "${code}", of which "${prefix}." is the product's`, remedy, mended });
    }
  },
};
