import { namesIn } from "./references.ts";
import { type Module, nameOf, type Rule } from "./rego-ast.ts";

/** One clause of a rule, with the file it stands in. */
export interface Clause {
  readonly module: Module;
  readonly rule: Rule;
}

/** All modules of one package, its rules by name. */
export interface AuthorModules {
  /** The last part of the package's path. */
  readonly name: string;
  readonly modules: readonly Module[];
  /** In the order of files and lines. */
  readonly clauses: ReadonlyMap<string, readonly Clause[]>;
}

export function authorModules(name: string, modules: readonly Module[]): AuthorModules {
  const clauses = new Map<string, Clause[]>();
  for (const module of modules) {
    for (const rule of module.rules) {
      const own = clauses.get(nameOf(rule));
      if (own === undefined) clauses.set(nameOf(rule), [{ module, rule }]);
      else own.push({ module, rule });
    }
  }
  return { name, modules, clauses };
}

/** Names of the rules and functions that these rules use, themselves included, through whatever stands between. */
export function reachedFrom({ name, clauses }: AuthorModules, from: Iterable<string>): ReadonlySet<string> {
  const own: ReadonlySet<string> = new Set(clauses.keys());
  const reached = new Set<string>();
  const waiting = [...from].filter((one) => own.has(one));
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (reached.has(next)) continue;
    reached.add(next);
    for (const { rule } of clauses.get(next) ?? []) waiting.push(...namesIn([rule.head, rule.body, rule.else], ["policy", name], own));
  }
  return reached;
}

/** Whether a rule or function has a default, so that it has a value where its operands have none. */
export function hasDefault({ clauses }: AuthorModules, name: string): boolean {
  return (clauses.get(name) ?? []).some(({ rule }) => rule.default);
}
