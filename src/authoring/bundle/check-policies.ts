import type { Opa } from "../opa.ts";
import { checkMetadata } from "./check-metadata.ts";
import { checkHeads, checkPackage, checkReach } from "./check-rules.ts";
import { needsWorker } from "./iteration.ts";
import type { Mistakes } from "./mistake.ts";
import { type ReadPath, readsOf } from "./reads.ts";
import { type Module, parseModules } from "./rego-ast.ts";

export interface PolicySources {
  readonly opa: Opa;
  readonly policiesDir: string;
  /** Author modules, from the policies folder. */
  readonly files: readonly string[];
  /** Catalogued servers; not judged where the catalog itself cannot be read. */
  readonly servers: ReadonlySet<string> | undefined;
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
  const packages: AuthorPackage[] = [];
  for (const name of [...byPackage.keys()].sort()) {
    const own = byPackage.get(name) ?? [];
    const declared = own.flatMap((module) => checkHeads(module, mistakes));
    const facts = checkMetadata(own, sources.servers, mistakes);
    checkReach(name, own, mistakes);
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
