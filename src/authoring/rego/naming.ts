import type { AuthorModules, Clause } from "./author-package.ts";
import { childrenOf, ownName } from "./references.ts";
import { fixedPath, type Import, isTerm, type Term } from "./rego-ast.ts";

/** What a name means in one clause: a rule of the package, something imported, or a variable. */
export interface Naming {
  /** The rule or function that a term names, alone or as the beginning of a path. */
  ruleOf(term: unknown): string | undefined;
  importOf(name: string): Import | undefined;
  /** The path of a reference from its root on, an import put in place of its name: `["input", "user", "id"]`. */
  pathOf(ref: Term): readonly string[];
  isVariable(term: unknown): term is Term & { readonly value: string };
}

/** In doubt a name is a rule or an import: a variable of the same name hides it, which an author can change. */
export function namesOf({ name, clauses }: AuthorModules, { module }: Clause): Naming {
  const importOf = (word: string) => module.imports.find((one) => one.name === word && one.path[0] !== "rego" && one.path[0] !== "future");
  const pathOf = (ref: Term): readonly string[] => {
    const [root = "", ...rest] = ref.type === "var" ? [String(ref.value)] : fixedPath(ref);
    const imported = clauses.has(root) ? undefined : importOf(root);
    return imported === undefined ? [root, ...rest] : [...imported.path, ...rest];
  };
  return {
    importOf,
    pathOf,
    ruleOf(term) {
      if (!isTerm(term) || (term.type !== "var" && term.type !== "ref")) return undefined;
      const head = term.type === "ref" ? childrenOf(term.value)[0] : term;
      if (isTerm(head) && head.type === "var" && typeof head.value === "string" && clauses.has(head.value)) return head.value;
      const own = ownName(pathOf(term), ["policy", name]);
      return own !== undefined && clauses.has(own) ? own : undefined;
    },
    isVariable(term): term is Term & { readonly value: string } {
      if (!isTerm(term) || term.type !== "var" || typeof term.value !== "string") return false;
      return term.value !== "input" && term.value !== "data" && !clauses.has(term.value) && importOf(term.value) === undefined;
    },
  };
}
