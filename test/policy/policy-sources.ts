import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { goldenCases } from "../../src/authoring/cases/index.ts";
import { gatherMistakes, readTables } from "../../src/authoring/index.ts";

type Granted = Readonly<Record<string, Readonly<Record<string, true>>>>;

/** The parts of a bundle's `data.json` that rules read, and its golden cases. */
export interface PolicyData {
  readonly roles: Readonly<Record<string, { grants: Granted; prompts?: Granted; resources?: Granted; asks?: Granted }>>;
  readonly index: Readonly<Record<string, readonly string[]>>;
  readonly index_kinds: Readonly<Record<string, readonly string[]>>;
  readonly settings: unknown;
  readonly custom: unknown;
}

export interface GoldenCase {
  readonly name: string;
  readonly entrypoint: "decide" | "discover" | "inspect" | "admit" | "mask";
  readonly input: Readonly<Record<string, unknown>>;
  readonly want: Readonly<Record<string, unknown>>;
}

export interface Sources {
  /** Author packages: file name and text. */
  readonly modules: Readonly<Record<string, string>>;
  readonly data: PolicyData;
  readonly cases: readonly GoldenCase[];
}

export const policies = join(import.meta.dirname, "../../policies");
export const library = join(policies, "toolgate");

/** The demo company as the build would lay it into a bundle. */
export function demoSources(): Sources {
  const table = (name: string): Record<string, never> => read(join(policies, "catalog", `${name}.yaml`))[name];
  const servers: Record<string, { asks?: string[] }> = table("servers");
  const asked = Object.entries(servers).map(([id, { asks = [] }]) => [id, Object.fromEntries(asks.map((kind) => [kind, true]))]);
  const catalogued = { grants: table("tools"), prompts: table("prompts"), resources: table("resources"), asks: Object.fromEntries(asked) };
  const roles: Record<string, Record<string, string[]>> = table("roles");
  const modules = modulesIn(join(policies, "policy"));
  return {
    modules,
    data: {
      roles: Object.fromEntries(Object.entries(roles).map(([id, role]) => [id, resolveRole(role, catalogued)])),
      ...indexOf(modules, Object.keys(servers)),
      settings: table("settings"),
      custom: table("custom"),
    },
    cases: demoCases,
  };
}

/** Whole, as the build would lay them into a bundle. */
const demoCases = await wholeCases(policies);

async function wholeCases(folder: string): Promise<readonly GoldenCase[]> {
  const mistakes = gatherMistakes();
  const tables = await readTables(folder);
  if (!tables.ok) throw new Error(JSON.stringify(tables.error));
  const { cases } = await goldenCases(folder, tables.value.data, {}, mistakes);
  if (mistakes.all.length > 0) throw new Error(JSON.stringify(mistakes.all));
  return cases.map(({ name, entrypoint, input, want }) => ({ name, entrypoint, input: JSON.parse(input), want }));
}

function modulesIn(folder: string): Record<string, string> {
  const files = readdirSync(folder).filter((name) => name.endsWith(".rego") && !name.endsWith("_test.rego"));
  return Object.fromEntries(files.sort().map((name) => [name, readFileSync(join(folder, name), "utf8")]));
}

/** Writes files into a folder of their own for as long as `use` runs. */
export function withFiles<T>(files: Readonly<Record<string, string>>, use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "toolgate-policy-"));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function read(path: string) {
  return parse(readFileSync(path, "utf8"));
}

/** `index` and `index_kinds`, from the METADATA of each package. */
export function indexOf(modules: Readonly<Record<string, string>>, servers: readonly string[]): Pick<PolicyData, "index" | "index_kinds"> {
  const packages = Object.entries(modules).map(([file, text]) => metadataOf(file, text));
  const serving = (server: string) => packages.filter((p) => p.servers.includes("*") || p.servers.includes(server)).map((p) => p.name);
  return {
    index: Object.fromEntries([...servers, "toolgate", "_none"].map((server) => [server, serving(server)])),
    index_kinds: Object.fromEntries(packages.map((p) => [p.name, p.kinds])),
  };
}

function metadataOf(file: string, text: string): { name: string; servers: string[]; kinds: string[] } {
  const block = /^# METADATA\n((?:#.*\n)+)package policy\.(\w+)$/m.exec(text);
  if (!block?.[1] || !block[2]) throw new Error(`${file} has no METADATA before its package`);
  const { custom } = parse(block[1].replace(/^# ?/gm, ""));
  return { name: block[2], servers: custom.servers, kinds: custom.kinds ?? ["tool"] };
}

type Names = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

function resolveRole(
  role: Record<string, string[]>,
  catalogued: Record<keyof PolicyData["roles"][string], Names>,
): PolicyData["roles"][string] {
  const { grants, prompts, resources, asks } = catalogued;
  return {
    grants: resolve(role.grants, grants),
    prompts: resolve(role.prompts, prompts),
    resources: resolve(role.resources, resources),
    asks: resolve(role.asks, asks),
  };
}

function resolve(grants: readonly string[] = [], names: Names): Granted {
  const granted: Record<string, Record<string, true>> = {};
  for (const [server, known] of Object.entries(names)) {
    for (const name of Object.keys(known)) {
      if (!grants.some((grant) => matches(grant, `${server}/${name}`))) continue;
      granted[server] = { ...granted[server], [name]: true };
    }
  }
  return granted;
}

function matches(pattern: string, name: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.\\+?^${}()|[\]]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`).test(name);
}
