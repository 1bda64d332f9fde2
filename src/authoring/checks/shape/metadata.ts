import { parse } from "yaml";
import { targetKinds } from "../../../core/methods.ts";
import { didYouMean, oneOf } from "../../../core/mistakes.ts";
import type { Annotation, Module } from "../../rego/index.ts";
import type { Finding } from "../check.ts";

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

export type MetadataCheck = "metadata-missing" | "metadata-key" | "metadata-value";

export interface MetadataRead {
  /** Absent where no block says it. */
  readonly facts: PackageFacts | undefined;
  readonly findings: readonly (readonly [MetadataCheck, Finding])[];
}

const packageKeys = ["scope", "title", "description", "authors", "organizations", "related_resources", "custom"] as const;
const knownKeys: ReadonlySet<string> = new Set(packageKeys);
const customKeys = ["servers", "kinds"] as const;
const knownCustom: ReadonlySet<string> = new Set(customKeys);
const wantedBlock = "# METADATA with custom.servers directly above the package line";

interface Block {
  readonly module: Module;
  readonly block: Annotation;
}

type Tell = (check: MetadataCheck, block: Block, told: Omit<Finding, "at" | "line">, key?: string) => void;

/** Facts of one package from the METADATA of its files, exactly one of which carries it. A word that is not known is a mistake: a typo would loosen. */
export function readMetadata(modules: readonly Module[], servers: ReadonlySet<string> | undefined): MetadataRead {
  const findings: (readonly [MetadataCheck, Finding])[] = [];
  const tell: Tell = (check, { module, block }, told, key) =>
    findings.push([check, { at: { module }, line: lineOfKey(block, key), ...told }]);
  const blocks = modules.flatMap((module) => module.annotations.map((block) => ({ module, block })));
  for (const one of blocks) tellKeys(one, tell);
  const [only, ...more] = blocks.filter(({ block }) => block.scope === "package");
  if (only === undefined) {
    const [module] = modules;
    const told = { found: "no METADATA for the package", wanted: wantedBlock };
    return {
      facts: undefined,
      findings: module === undefined ? findings : [...findings, ["metadata-missing", { at: { module }, ...told }]],
    };
  }
  for (const again of more)
    tell("metadata-key", again, { found: "METADATA of the package again", wanted: `it once, in "${only.module.file}"` });
  const facts = { servers: readServers(only, servers, tell), kinds: readKinds(only, tell) };
  // Which kinds it judges may stand behind the misspelt word: what would follow from the default is not told.
  const misspelt = only.block.custom.kinds === undefined && Object.keys(only.block.custom).some((key) => !knownCustom.has(key));
  return { facts: misspelt ? undefined : facts, findings };
}

/** The line on which a key of the block is written; that of the block where it has none. */
function lineOfKey({ line, text }: Annotation, key: string | undefined): number {
  const at = key === undefined ? -1 : text.split("\n").findIndex((one) => one.replace(/^[\s#]*/, "").startsWith(`${key}:`));
  return line + Math.max(0, at);
}

function tellKeys(one: Block, tell: Tell): void {
  const { block } = one;
  for (const key of Object.keys(block.custom)) {
    if (!knownCustom.has(key)) {
      const remedy = didYouMean(key, customKeys);
      const found = `unknown METADATA key "custom.${key}"`;
      tell("metadata-key", one, { found, wanted: customKeys.join(" or "), ...(remedy !== undefined && { remedy }) }, key);
    } else if (block.scope !== "package") {
      tell("metadata-key", one, { found: `"custom.${key}" on a ${block.scope}`, wanted: wantedBlock }, key);
    }
  }
  for (const key of topKeys(one, tell)) {
    if (knownKeys.has(key)) continue;
    const remedy = knownCustom.has(key) ? `it stands below custom: "custom.${key}"` : didYouMean(key, packageKeys);
    const found = `unknown METADATA key "${key}"`;
    tell("metadata-key", one, { found, wanted: oneOf(packageKeys), ...(remedy !== undefined && { remedy }) }, key);
  }
}

/** The keys as written: OPA drops those it does not know. */
function topKeys(one: Block, tell: Tell): readonly string[] {
  const lines = one.block.text.split("\n").slice(1);
  try {
    const value: unknown = parse(lines.map((line) => line.replace(/^\s*#/, "")).join("\n"));
    return typeof value === "object" && value !== null ? Object.keys(value) : [];
  } catch {
    // OPA's reader took it. What the two take for different things is not believed.
    tell("metadata-key", one, { found: "METADATA that can be read in two ways", wanted: "plain YAML" });
    return [];
  }
}

function readServers(one: Block, known: ReadonlySet<string> | undefined, tell: Tell): readonly string[] {
  const value = one.block.custom.servers;
  if (!isNames(value) || value.length === 0) {
    const found = value === undefined ? "no custom.servers" : "custom.servers that is no list of ids";
    tell("metadata-value", one, { found, wanted: 'ids of catalogued servers, or ["*"]' }, "servers");
    return [];
  }
  if (value.includes("*")) {
    if (value.length > 1) tell("metadata-value", one, { found: '"*" beside other servers', wanted: '["*"] alone' }, "servers");
    return ["*"];
  }
  if (known === undefined) return value;
  const all = [...known, ownServer];
  for (const server of value) {
    if (all.includes(server)) continue;
    const remedy = didYouMean(server, all) ?? "add it to catalog/servers.yaml";
    tell("metadata-value", one, { found: `unknown server "${server}"`, wanted: oneOf(all), remedy }, "servers");
  }
  return value;
}

function readKinds(one: Block, tell: Tell): readonly string[] {
  const value = one.block.custom.kinds;
  if (value === undefined) return ["tool"];
  if (!isNames(value) || value.length === 0) {
    tell("metadata-value", one, { found: "custom.kinds that is no list of kinds", wanted: `some of ${kinds.join(", ")}` }, "kinds");
    return [];
  }
  const known: readonly string[] = kinds;
  for (const kind of value) {
    if (known.includes(kind)) continue;
    const remedy = didYouMean(kind, kinds);
    tell(
      "metadata-value",
      one,
      { found: `unknown kind "${kind}"`, wanted: oneOf(kinds), ...(remedy !== undefined && { remedy }) },
      "kinds",
    );
  }
  return value;
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
