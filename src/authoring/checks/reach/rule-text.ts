import { type Clause, childrenOf, isNode, textOf } from "../../rego/index.ts";
import { literalOf } from "./value.ts";
/** The clause as its author wrote it, under another name; undefined where OPA does not tell its text. */
export function renamed({ rule }: Clause, name: string): string | undefined {
  const element = textOf(rule.head.key);
  const [only, second] = childrenOf(rule.body);
  // A rule without a body has one that is true.
  const unconditional = second === undefined && isNode(only) && literalOf(only.terms)?.value === true;
  const lines = unconditional ? [] : childrenOf(rule.body).map(textOf);
  if (element === "" || rule.else !== undefined || lines.some((line) => line === "")) return undefined;
  if (lines.length === 0) return `${name} contains ${element}`;
  return `${name} contains ${element} if {\n${lines.map((line) => `\t${line}`).join("\n")}\n}`;
}
