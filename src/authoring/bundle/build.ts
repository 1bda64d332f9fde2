import { writeFile } from "node:fs/promises";
import type { Mistake } from "../../core/mistakes.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { mistakesOf } from "../../core/schema-mistakes.ts";
import {
  dataFile,
  entrypoints,
  type Manifest,
  type ManifestMetadata,
  manifestFile,
  manifestMetadata,
  wasmFile,
} from "../../parts/bundle/index.ts";
import type { PolicyFacts } from "../checks/index.ts";
import { gatherMistakes, type Mistakes } from "../mistakes.ts";
import type { Opa } from "../opa.ts";
import type { ReadPath } from "../rego/index.ts";
import { checkSources } from "./check-sources.ts";
import { compileWasm } from "./compile.ts";
import { readLibrary } from "./library.ts";
import { packBundle } from "./pack.ts";

export interface BuildOptions {
  /** Folder with `policy/`, `catalog/` and `cases/`. */
  readonly policiesDir: string;
  readonly opa: Opa;
  /** File to write; nothing is written where it is absent or there are mistakes. */
  readonly out?: string;
  readonly name: string;
  /** Free text that people know the version by, e.g. a commit. */
  readonly revision: string;
  readonly sequence: number;
  /** RFC 3339. */
  readonly expires: string;
  readonly environment: string;
  readonly tenant?: string;
  readonly onExpiry?: "deny_all" | "deny_writes";
  readonly maxDecideMs?: number;
}

export interface BuiltBundle {
  /** Unsigned. The same sources and options give the same bytes. */
  readonly bytes: Uint8Array;
  readonly packages: readonly string[];
  /** Packages that are evaluated in a worker. */
  readonly worker: readonly string[];
  readonly cases: number;
  readonly warnings: readonly string[];
}

/** How long the slowest golden case may take on a gateway, unless the build or settings.yaml says otherwise. */
const MAX_DECIDE_MS = 50;

/** Checks tables, policies and cases, compiles, and packs an unsigned bundle. Every mistake is told at once. */
export async function buildBundle(options: BuildOptions): Promise<Result<BuiltBundle, readonly Mistake[]>> {
  const mistakes = gatherMistakes();
  const { tables, modules, facts, cases, notes } = await checkSources(options.opa, options.policiesDir, mistakes, options);
  const manifest = manifestOf(options, tables?.data.settings.max_decide_ms, mistakes);
  const sources = new Map(modules);
  for (const [name, bytes] of await readLibrary()) sources.set(`toolgate/${name}`, bytes);
  const wasm = mistakes.all.length === 0 ? await compileWasm(options.opa, sources, mistakes) : undefined;
  if (tables === undefined || manifest === undefined || wasm === undefined || mistakes.all.length > 0) return err(mistakes.all);
  const { roles, obliged, settings, custom, catalog } = tables.data;
  const data = {
    roles,
    index: indexOf(facts, tables.servers),
    index_kinds: Object.fromEntries(facts.packages.map((one) => [one.name, one.kinds])),
    obliged,
    settings,
    custom,
    catalog: {
      ...catalog,
      rules: Object.fromEntries(facts.packages.map((one) => [one.name, one.rules])),
      worker: workers(facts),
      reads: readsByPackage(facts),
    },
    cases: cases.map(({ file: _, line: __, ...one }) => one),
  };
  const bytes = await assembleBundle({ manifest, data, modules: sources, wasm });
  if (options.out !== undefined) await writeFile(options.out, bytes);
  return ok({
    bytes,
    packages: facts.packages.map((one) => one.name),
    worker: workers(facts),
    cases: cases.length,
    warnings: notes,
  });
}

export interface BundleSources {
  readonly manifest: Manifest;
  readonly data: Readonly<Record<string, unknown>>;
  /** Rego by path inside the bundle. */
  readonly modules: ReadonlyMap<string, Uint8Array>;
  readonly wasm: Uint8Array;
}

/** Packs what was built, without a check. */
export function assembleBundle(sources: BundleSources): Promise<Uint8Array> {
  const files = new Map(sources.modules);
  files.set(dataFile, Buffer.from(JSON.stringify(sources.data)));
  files.set(manifestFile, Buffer.from(JSON.stringify(sources.manifest)));
  files.set(wasmFile, sources.wasm);
  return packBundle(files);
}

/** The manifest as OPA writes it, with what Toolgate adds. */
export function manifestFor(revision: string, toolgate: ManifestMetadata): Manifest {
  const wasm = entrypoints.map((entrypoint) => ({ entrypoint, module: `/${wasmFile}` as const }));
  return { revision, roots: [""], rego_version: 1, wasm, metadata: { toolgate } };
}

function manifestOf(options: BuildOptions, settingMs: unknown, mistakes: Mistakes): Manifest | undefined {
  const value = {
    schema: 1,
    name: options.name,
    sequence: options.sequence,
    expires: options.expires,
    environment: options.environment,
    ...(options.tenant !== undefined && { tenant: options.tenant }),
    on_expiry: options.onExpiry ?? "deny_all",
    max_decide_ms: options.maxDecideMs ?? settingMs ?? MAX_DECIDE_MS,
  };
  const parsed = manifestMetadata.safeParse(value);
  if (!parsed.success) {
    for (const { steps: _, ...told } of mistakesOf(manifestMetadata, value, parsed.error.issues))
      mistakes.add({ file: "bundle build", ...told });
  }
  if (options.revision === "")
    mistakes.add({ file: "bundle build", path: "revision", found: '""', wanted: "a text that names the version" });
  return parsed.success ? manifestFor(options.revision, parsed.data) : undefined;
}

/** The packages that each server's targets are judged by. A package for all servers stands in every entry. */
function indexOf(facts: PolicyFacts, servers: readonly string[]): Readonly<Record<string, readonly string[]>> {
  const entries = [...servers, "toolgate", "_none"].map((server) => {
    const packages = facts.packages.filter((one) => one.servers.includes("*") || one.servers.includes(server));
    return [server, packages.map((one) => one.name)] as const;
  });
  return Object.fromEntries(entries);
}

/** Packages whose reads cannot be told are left out: their decisions are never remembered. */
function readsByPackage(facts: PolicyFacts): Readonly<Record<string, readonly ReadPath[]>> {
  return Object.fromEntries(facts.packages.flatMap(({ name, reads }) => (reads ? [[name, reads] as const] : [])));
}

function workers(facts: PolicyFacts): readonly string[] {
  return facts.packages.filter((one) => one.worker).map((one) => one.name);
}
