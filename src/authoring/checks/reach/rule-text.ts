import { type Clause, childrenOf, textOf } from "../../rego/index.ts";

/** The clause as its author wrote it, under another name; undefined where OPA does not tell its text. */
export function renamed({ rule }: Clause, name: string): string | undefined {
  const element = textOf(rule.head.key);
  const lines = childrenOf(rule.body).map(textOf);
  if (element === "" || rule.else !== undefined || lines.some((line) => line === "")) return undefined;
  // A rule without a body has its head in that place.
  if (lines.length === 1 && element.includes(lines[0] ?? "")) return `${name} contains ${element}`;
  return `${name} contains ${element} if {\n${lines.map((line) => `\t${line}`).join("\n")}\n}`;
}
