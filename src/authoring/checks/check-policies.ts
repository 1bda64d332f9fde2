import type { Mistakes } from "../mistakes.ts";
import type { Opa } from "../opa.ts";
import { authorModules, type Module, needsWorker, parseModules, type ReadPath, readsOf } from "../rego/index.ts";
import type { TableData } from "../tables/index.ts";
import type { Check, CheckedPackage, CheckText } from "./check.ts";
import { checks } from "./checks.ts";
import { checkWithOpa } from "./opa-check.ts";
import { declaredRules, packageName, packageNameOf, readMetadata } from "./shape/index.ts";

export interface PolicySources {
  readonly opa: Opa;
  readonly policiesDir: string;
  /** Author modules, from the policies folder. */
  readonly files: readonly string[];
  /** What the rules may name; not judged where the tables themselves cannot be read. */
  readonly tables: TableData | undefined;
}

/** What the author packages say about themselves. */
export interface PolicyFacts {
  readonly packages: readonly AuthorPackage[];
  /** Whether every file could be parsed and stands in a package of its own kind, so that OPA can check them together. */
  readonly checkable: boolean;
}

export interface AuthorPackage {
  /** The last part of the package's path. */
  readonly name: string;
  readonly servers: readonly string[];
  readonly kinds: readonly string[];
  /** Which of the seven rules it declares. */
  readonly rules: readonly string[];
  readonly worker: boolean;
  /** The input paths it can read; absent where that cannot be told. */
  readonly reads: readonly ReadPath[] | undefined;
}

/** Checks the author's modules, package by package in the order of names. */
export async function checkPolicies(sources: PolicySources, mistakes: Mistakes): Promise<PolicyFacts> {
  const { opa, policiesDir, files, tables } = sources;
  const modules = await parseModules(opa, policiesDir, files, mistakes);
  const byPackage = new Map<string, Module[]>();
  let checkable = modules.length === files.length;
  for (const module of modules) {
    const name = packageNameOf(module);
    if (name === undefined) {
      checkable = false;
      runCheck(packageName, { ...authorModules("", [module]), facts: undefined, tables }, mistakes);
    } else byPackage.set(name, [...(byPackage.get(name) ?? []), module]);
  }
  const packages = [...byPackage].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, own]) => checkOne(name, own, tables, mistakes));
  if (checkable) await checkWithOpa(opa, policiesDir, files, mistakes);
  return { packages, checkable };
}

function checkOne(name: string, modules: readonly Module[], tables: TableData | undefined, mistakes: Mistakes): AuthorPackage {
  const { facts } = readMetadata(modules, tables && new Set(Object.keys(tables.catalog.servers)));
  const checked = { ...authorModules(name, modules), facts, tables };
  for (const check of checks) runCheck(check, checked, mistakes);
  return {
    name,
    servers: facts?.servers ?? [],
    kinds: facts?.kinds ?? [],
    rules: [...new Set(modules.flatMap(declaredRules))].sort(),
    worker: needsWorker(name, modules),
    reads: readsOf(modules),
  };
}

/** One check on one package; each place is told once. */
export function runCheck(check: Check, checked: CheckedPackage, mistakes: Mistakes): void {
  const told = new Set<string>();
  const { id, danger, example } = check;
  check.find(checked, ({ at, line = at.rule?.line ?? at.module.packageLine, found, wanted = check.wanted, remedy, mended }) => {
    const { file } = at.module;
    const place = JSON.stringify([file, line, found]);
    if (told.has(place)) return;
    told.add(place);
    mistakes.add({
      ...{ file, line, found, wanted, check: id, danger },
      ...(mended === undefined ? { example: shortened(example) } : { mended }),
      ...(remedy !== undefined && { remedy }),
    });
  });
}

/** The right example, from where it differs from the wrong one in more than its rules. */
function shortened({ wrong, right }: CheckText["example"]): string {
  const start = right.search(/^package .*\n/m);
  const header = right.slice(0, start) + (/^package .*\n+/m.exec(right)?.[0] ?? "");
  return (wrong.startsWith(header) ? right.slice(header.length) : right).trim();
}
