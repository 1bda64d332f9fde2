import { parse } from "yaml";
import { targetKinds } from "../../core/methods.ts";
import type { Mistakes } from "../mistakes.ts";
import type { Annotation, Module } from "../rego/index.ts";

/** What a package may judge: targets of a kind, or that a principal connects. */
export const kinds = [...targetKinds, "admit"] as const;

/** The gateway's own server, which every company has without cataloguing it. */
export const ownServer = "toolgate";

/** What the METADATA of a package says. */
export interface PackageFacts {
  /** Server ids, or `*` alone. */
  readonly servers: readonly string[];
  readonly kinds: readonly string[];
}

const packageKeys: ReadonlySet<string> = new Set([
  "scope",
  "title",
  "description",
  "authors",
  "organizations",
  "related_resources",
  "custom",
]);
const customKeys: ReadonlySet<string> = new Set(["servers", "kinds"]);
const wantedBlock = "# METADATA with custom.servers directly above the package line";

/** Facts of one package from the METADATA of its files, exactly one of which carries it. A word that is not known is a mistake: a typo would loosen. */
export function checkMetadata(
  modules: readonly Module[],
  servers: ReadonlySet<string> | undefined,
  mistakes: Mistakes,
): PackageFacts | undefined {
  const blocks: { readonly module: Module; readonly block: Annotation }[] = [];
  for (const module of modules) {
    for (const block of module.annotations) {
      checkKeys(module, block, mistakes);
      if (block.scope === "package") blocks.push({ module, block });
    }
  }
  const [only, second] = blocks;
  const first = modules[0];
  if (only === undefined) {
    if (first !== undefined)
      mistakes.add({ file: first.file, line: first.packageLine, found: "no METADATA for the package", wanted: wantedBlock });
    return undefined;
  }
  if (second !== undefined) {
    mistakes.add({
      file: second.module.file,
      line: second.block.line,
      found: "METADATA of the package again",
      wanted: `it once, in "${only.module.file}"`,
    });
  }
  const { module, block } = only;
  return {
    servers: readServers(module, block, servers, mistakes),
    kinds: readKinds(module, block, mistakes),
  };
}

function checkKeys(module: Module, block: Annotation, mistakes: Mistakes): void {
  const at = { file: module.file, line: block.line };
  const allowed = block.scope === "package" ? customKeys : new Set<string>();
  for (const key of Object.keys(block.custom)) {
    if (allowed.has(key)) continue;
    const misplaced = customKeys.has(key);
    const wanted = misplaced ? wantedBlock : "servers or kinds";
    mistakes.add({ ...at, found: `${misplaced ? `"custom.${key}" on a ${block.scope}` : `unknown METADATA key "custom.${key}"`}`, wanted });
  }
  for (const key of topKeys(block)) {
    if (!packageKeys.has(key))
      mistakes.add({ ...at, found: `unknown METADATA key "${key}"`, wanted: `one of ${[...packageKeys].join(", ")}` });
  }
}

/** The keys as written: OPA drops those it does not know. */
function topKeys(block: Annotation): readonly string[] {
  const lines = block.text.split("\n").slice(1);
  try {
    const value: unknown = parse(lines.map((line) => line.replace(/^\s*#/, "")).join("\n"));
    return typeof value === "object" && value !== null ? Object.keys(value) : [];
  } catch {
    return []; // OPA read the same block already
  }
}

function readServers(module: Module, block: Annotation, known: ReadonlySet<string> | undefined, mistakes: Mistakes): readonly string[] {
  const at = { file: module.file, line: block.line };
  const value = block.custom.servers;
  if (!isNames(value) || value.length === 0) {
    mistakes.add({
      ...at,
      found: value === undefined ? "no custom.servers" : "custom.servers that is no list of ids",
      wanted: 'ids of catalogued servers, or ["*"]',
    });
    return [];
  }
  if (value.includes("*")) {
    if (value.length > 1) mistakes.add({ ...at, found: '"*" beside other servers', wanted: '["*"] alone' });
    return ["*"];
  }
  for (const server of value) {
    if (known === undefined || server === ownServer || known.has(server)) continue;
    mistakes.add({
      ...at,
      found: `unknown server "${server}"`,
      wanted: `one of ${[...known, ownServer].join(", ")}`,
      remedy: "add it to catalog/servers.yaml",
    });
  }
  return value;
}

function readKinds(module: Module, block: Annotation, mistakes: Mistakes): readonly string[] {
  const value = block.custom.kinds;
  if (value === undefined) return ["tool"];
  const at = { file: module.file, line: block.line };
  if (!isNames(value) || value.length === 0) {
    mistakes.add({ ...at, found: "custom.kinds that is no list of kinds", wanted: `some of ${kinds.join(", ")}` });
    return [];
  }
  const known: readonly string[] = kinds;
  for (const kind of value) {
    if (!known.includes(kind)) mistakes.add({ ...at, found: `unknown kind "${kind}"`, wanted: `one of ${kinds.join(", ")}` });
  }
  return value;
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
