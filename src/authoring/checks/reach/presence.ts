import { type AuthorModules, type Clause, callAt, childrenOf, isNode } from "../../rego/index.ts";
import { type Origin, sameOrigin } from "./origin.ts";
import { scopeOf, standsFor, withBody } from "./scope.ts";

/** Whether a body says in so many words that it is about calls with this member: `"limit" in object.keys(input.args)`. */
export function asksForPresence(own: AuthorModules, clause: Clause, { root, path }: Origin): boolean {
  const scope = withBody(scopeOf(own, clause), clause.rule.body);
  const object: Origin = { root, path: path.slice(0, -1) };
  return childrenOf(clause.rule.body).some((expression) => {
    const member = isNode(expression) && expression.negated !== true ? callAt(expression) : undefined;
    const [name, list] = member?.name === "internal.member_2" ? member.operands : [];
    const keys = callAt(list);
    if (keys?.name !== "object.keys" || standsFor(name, scope).constant?.value !== path.at(-1)) return false;
    return standsFor(keys.operands[0], scope).origins.some((origin) => sameOrigin(origin, object));
  });
}
