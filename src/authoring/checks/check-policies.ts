import type { Mistakes } from "../mistakes.ts";
import type { Opa } from "../opa.ts";
import { authorModules, type Module, needsWorker, parseModules, type ReadPath, readsOf } from "../rego/index.ts";
import type { TableData } from "../tables/index.ts";
import type { Check, CheckedPackage } from "./check.ts";
import { checkMetadata } from "./check-metadata.ts";
import { checkHeads, checkPackage, checkReach } from "./check-rules.ts";
import { checks } from "./checks.ts";

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
  const modules = await parseModules(sources.opa, sources.policiesDir, sources.files, mistakes);
  const byPackage = new Map<string, Module[]>();
  let checkable = modules.length === sources.files.length;
  for (const module of modules) {
    const name = checkPackage(module, mistakes);
    if (name === undefined) checkable = false;
    else byPackage.set(name, [...(byPackage.get(name) ?? []), module]);
  }
  const servers = sources.tables && new Set(Object.keys(sources.tables.catalog.servers));
  const packages: AuthorPackage[] = [];
  for (const name of [...byPackage.keys()].sort()) {
    const own = byPackage.get(name) ?? [];
    const declared = own.flatMap((module) => checkHeads(module, mistakes));
    const facts = checkMetadata(own, servers, mistakes);
    checkReach(name, own, mistakes);
    const checked = { ...authorModules(name, own), facts, tables: sources.tables };
    for (const check of checks) runCheck(check, checked, mistakes);
    packages.push({
      name,
      servers: facts?.servers ?? [],
      kinds: facts?.kinds ?? [],
      rules: [...new Set(declared)].sort(),
      worker: needsWorker(name, own),
      reads: readsOf(own),
    });
  }
  return { packages, checkable };
}

/** One check on one package; each place is told once. */
export function runCheck(check: Check, checked: CheckedPackage, mistakes: Mistakes): void {
  const told = new Set<string>();
  check.find(checked, ({ at, line = at.rule?.line ?? at.module.packageLine, found, wanted = check.wanted, remedy, mended }) => {
    const { file } = at.module;
    const place = JSON.stringify([file, line, found]);
    if (told.has(place)) return;
    told.add(place);
    const { id, danger } = check;
    mistakes.add({
      ...{ file, line, found, wanted, check: id, danger },
      ...(remedy !== undefined && { remedy }),
      ...(mended !== undefined && { mended }),
    });
  });
}
