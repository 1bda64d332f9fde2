import { childrenOf, fixedPath, isNode, isTerm, namesIn, reachedFrom } from "../../../authoring/index.ts";
import type { SourceClause, SourceCondition } from "./source.ts";

// What a mask, or a size, took out of a record: a condition that reads it cannot be judged any more.

/** Paths of leaves that are not there as policy saw them, each as its members. */
export type Leaves = readonly (readonly string[])[];

/** RFC 6901. */
export function leafOf(pointer: string): readonly string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

/** The leaf that a look at this path would see: itself, a part of it, or something it is a part of. */
export function leafAt(leaves: Leaves, path: readonly string[]): readonly string[] | undefined {
  return leaves.find((leaf) => {
    const shared = Math.min(leaf.length, path.length);
    return leaf.slice(0, shared).every((part, at) => part === path[at] || part === "*" || /^\d+$/.test(part));
  });
}

/** Conditions of a clause that read such a leaf, with its path: themselves, through a rule or function, or a variable that one gave a value. */
export function tainted(clause: SourceClause, leaves: Leaves): ReadonlyMap<SourceCondition, string> {
  const found = new Map<SourceCondition, string>();
  if (leaves.length === 0) return found;
  const variables = new Map<string, string>();
  // Twice: OPA may ask a later line first, and then a variable has its value from there.
  for (let round = 0; round < 2; round++) {
    for (const condition of clause.conditions) {
      const leaf =
        leafRead(clause, condition.node, leaves) ??
        variablesIn(condition.node)
          .map((name) => variables.get(name))
          .find(Boolean);
      if (leaf === undefined) continue;
      found.set(condition, leaf);
      for (const name of boundIn(condition.node)) variables.set(name, leaf);
    }
  }
  return found;
}

function leafRead({ own, naming }: SourceClause, node: unknown, leaves: Leaves): string | undefined {
  const direct = leafIn(node, leaves, (ref) => naming.pathOf(ref));
  if (direct !== undefined) return direct;
  const names = reachedFrom(own, namesIn(node, ["policy", own.name], new Set(own.clauses.keys())));
  for (const name of names) {
    for (const { rule } of own.clauses.get(name) ?? []) {
      const leaf = leafIn([rule.head, rule.body, rule.else], leaves, fixedPath);
      if (leaf !== undefined) return leaf;
    }
  }
  return undefined;
}

type PathOf = (ref: Parameters<typeof fixedPath>[0]) => readonly string[];

function leafIn(node: unknown, leaves: Leaves, pathOf: PathOf): string | undefined {
  if (isTerm(node) && (node.type === "ref" || node.type === "var")) {
    const [root, ...path] = node.type === "var" ? [String(node.value)] : pathOf(node);
    const leaf = root === "input" ? leafAt(leaves, path) : undefined;
    if (leaf !== undefined) return ["input", ...leaf].join(".");
    if (root === "input" && node.type === "ref") return nestedIn(node.value, leaves, pathOf);
  }
  for (const child of childrenOf(node)) {
    const leaf = leafIn(child, leaves, pathOf);
    if (leaf !== undefined) return leaf;
  }
  return undefined;
}

/** Below the root of a reference, which is `input` by itself. */
function nestedIn(parts: unknown, leaves: Leaves, pathOf: PathOf): string | undefined {
  for (const part of childrenOf(parts).slice(1)) {
    const leaf = leafIn(part, leaves, pathOf);
    if (leaf !== undefined) return leaf;
  }
  return undefined;
}

function variablesIn(node: unknown): readonly string[] {
  const own = isTerm(node) && node.type === "var" && typeof node.value === "string" ? [node.value] : [];
  return [...own, ...childrenOf(node).flatMap(variablesIn)];
}

/** In doubt every variable of a condition has its value from it: a comparison gives none, but taking it so only judges less. */
function boundIn(node: unknown): readonly string[] {
  const terms = isNode(node) ? node.terms : undefined;
  const binds = isNode(terms) && "symbols" in terms ? terms : Array.isArray(terms) && isAssignment(terms[0]) ? terms[1] : undefined;
  return binds === undefined ? [] : variablesIn(binds);
}

function isAssignment(operator: unknown): boolean {
  return isTerm(operator) && ["assign", "eq"].includes(fixedPath(operator).join("."));
}
