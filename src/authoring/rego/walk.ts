import { childrenOf } from "./references.ts";
import { fixedPath, isNode, isTerm, type Rule, type Term } from "./rego-ast.ts";

export type Node = Readonly<Record<string, unknown>>;

/** What a node may stand in. A value that is missing there makes something else of it than a rule that does not hold. */
export type Enclosure = "head" | "not" | "every" | "comprehension" | "with";

/** A node of a rule with where it stands. */
export interface Site {
  readonly node: Node;
  /** What stands around it, outermost first. */
  readonly inside: readonly Enclosure[];
  /** The innermost expression of a body that holds it; the head has none. */
  readonly expression: Node | undefined;
  /** The line in the file, as near as OPA tells it. */
  readonly line: number;
}

const comprehensions: ReadonlySet<string> = new Set(["arraycomprehension", "setcomprehension", "objectcomprehension"]);

/** Every node of a rule, with its `else` branches, the outer before the inner. */
export function* sitesOf(rule: Rule): Generator<Site> {
  const { key, value, args, ref } = rule.head;
  const root: Site = { node: {}, inside: [], expression: undefined, line: rule.line };
  yield* below([key, value, args, ref.slice(1)], { ...root, inside: ["head"] });
  yield* below([rule.body, rule.else], root);
}

function* below(node: unknown, around: Site): Generator<Site> {
  if (!isNode(node)) {
    for (const child of childrenOf(node)) yield* below(child, around);
    return;
  }
  const site = siteOf(node, around);
  yield site;
  if (isEvery(node)) {
    yield* below(node.domain, site);
    yield* below([node.key, node.value, node.body], { ...site, inside: [...site.inside, "every"] });
  } else if (isTerm(node) && comprehensions.has(node.type)) {
    yield* below(node.value, { ...site, inside: [...site.inside, "comprehension"] });
  } else yield* below(childrenOf(node), site);
}

function siteOf(node: Node, around: Site): Site {
  const line = lineOf(node) ?? around.line;
  if (!isExpression(node)) return { ...around, node, line };
  const more: Enclosure[] = [];
  if (node.negated === true) more.push("not");
  if (Array.isArray(node.with) && node.with.length > 0) more.push("with");
  return { node, line, expression: node, inside: more.length === 0 ? around.inside : [...around.inside, ...more] };
}

/** One line of a body: `terms` is a term, the operator with its operands, `some …` or `every …`. */
export function isExpression(node: unknown): boolean {
  return isNode(node) && "terms" in node;
}

export function isEvery(node: unknown): boolean {
  return isNode(node) && "domain" in node && "body" in node;
}

export function isComprehension(node: unknown): node is Term {
  return isTerm(node) && comprehensions.has(node.type);
}

export function lineOf(node: unknown): number | undefined {
  return isNode(node) && isNode(node.location) && typeof node.location.row === "number" ? node.location.row : undefined;
}

/** A node as the author wrote it; empty where OPA does not tell. */
export function textOf(node: unknown): string {
  if (!isNode(node) || !isNode(node.location) || typeof node.location.text !== "string") return "";
  return Buffer.from(node.location.text, "base64").toString("utf8");
}

/** A call, which stands as a term or as a whole expression: `startswith(a, b)`, `a == b` (`equal`), `x in xs` (`internal.member_2`). */
export interface Call {
  /** Dotted name of the operator or function. */
  readonly name: string;
  readonly operands: readonly unknown[];
}

export function callAt(node: unknown): Call | undefined {
  if (!isNode(node)) return undefined;
  const parts = node.type === "call" && Array.isArray(node.value) ? node.value : Array.isArray(node.terms) ? node.terms : undefined;
  if (parts === undefined) return undefined;
  const [operator, ...operands] = parts;
  return { name: isTerm(operator) ? fixedPath(operator).join(".") : "", operands };
}
