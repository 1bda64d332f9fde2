import { fixedPath, isNode, isTerm } from "./rego-ast.ts";

/** Parts of the tree that hold no Rego. */
const skipped: ReadonlySet<string> = new Set(["location", "annotations"]);

/** The nodes right below one. */
export function childrenOf(node: unknown): readonly unknown[] {
  if (Array.isArray(node)) return node;
  if (!isNode(node)) return [];
  return Object.entries(node).flatMap(([key, value]) => (skipped.has(key) ? [] : [value]));
}

/** Names of `own` rules that appear below a node, as a plain name or as `data.<package>.<name>`. A variable of the same name counts too. */
export function namesIn(node: unknown, packagePath: readonly string[], own: ReadonlySet<string>): ReadonlySet<string> {
  const found = new Set<string>();
  const waiting: unknown[] = [node];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (isTerm(next)) {
      const name = next.type === "ref" ? ownName(fixedPath(next), packagePath) : next.type === "var" ? next.value : undefined;
      if (typeof name === "string" && own.has(name)) found.add(name);
    }
    waiting.push(...childrenOf(next));
  }
  return found;
}

/** The rule that `data.<package>.<name>` names. */
export function ownName(path: readonly string[], packagePath: readonly string[]): string | undefined {
  const full = ["data", ...packagePath];
  return full.every((part, at) => path[at] === part) ? path[full.length] : undefined;
}
