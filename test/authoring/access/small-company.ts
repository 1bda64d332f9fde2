import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { assembleBundle, buildBundle, findOpa, openWorkbench, type Workbench } from "../../../src/authoring/index.ts";
import { pinOf } from "../../../src/core/tool.ts";
import { dataFile, defaultBundleLimits, readBundle, readJsonFile, readManifest, wasmFile } from "../../../src/parts/bundle/index.ts";
import { writeFiles } from "../bundle/tools.ts";

// A company that is compiled once with a package for each thing that a rule can look at. A test says which of the packages
// judge which server, who is there and who holds which role: that is data of the bundle.

export const SERVERS = ["alpha", "beta"] as const;
export const TOOLS = ["t0", "t1", "t2", "t3"] as const;
export const ROLES = ["r0", "r1", "r2"] as const;
export const GROUPS = ["g0", "g1", "g2"] as const;

const rules = {
  teams: 'deny contains {"code": "x.team"} if {\n\tinput.agent.team == "loud"\n\t"write" in input.tool.effects\n}',
  groups: 'permit contains {"id": "by-group", "for": "both"} if "g1" in input.user.groups',
  names: 'deny contains {"code": "x.name"} if input.tool.name == "t2"',
  hours: 'deny contains {"code": "x.hours"} if input.time.hour < 7',
  weekends: 'permit contains {"id": "weekend", "for": "both"} if input.time.weekday in {"saturday", "sunday"}',
  asks: 'oblige contains {"type": "approve", "group": "g1", "ttl_s": 60} if input.time.hour >= 20',
  minutes: 'deny contains {"code": "x.minutes"} if input.time.minute >= 30',
  moments: 'deny contains {"code": "x.moment"} if input.time.ns > 1900000000000000000',
  amounts: 'constrain contains {"code": "x.amount"} if input.args.amount > 10',
  late: 'constrain contains {"code": "x.late"} if {\n\tinput.args.amount > 1\n\tinput.time.hour >= 18\n}',
  clients: 'deny contains {"code": "x.client"} if input.client.name == "bad"',
  requests: 'constrain contains {"code": "x.request"} if {\n\tinput.args.amount > 0\n\tinput.request.intent == "bad"\n}',
  networks: 'deny contains {"code": "x.network"} if input.network.ip == "192.0.2.1"',
  auths: 'deny contains {"code": "x.auth"} if input.user.auth.acr == "weak"',
  mails: 'deny contains {"code": "x.mail"} if input.user.email == "bad@example.com"',
  invited: 'permit contains {"id": "invited", "for": "both"} if input.user.email == "ann@example.com"',
  people: 'deny contains {"code": "x.person"} if input.user.id == "mallory"',
  told: 'deny contains {"code": "x.told", "message": "Not you, {input.user.id}."} if input.agent.team == "loud"',
  risks: 'oblige contains {"type": "log", "level": "warn"} if input.tool.risk == "high"',
  hidden: 'deny contains {"code": "x.hidden", "hide": true} if input.agent.surface == "job"',
  lone: 'deny contains {"code": "x.lone"} if {\n\tinput.principal.kind == "agent"\n\tinput.tool.risk == "high"\n}',
  untold: 'oblige contains {"type": "log", "level": "info"} if {\n\tsome part in ["agent", "user"]\n\tinput[part].id == "a1"\n}',
} as const;

export type PackageName = keyof typeof rules;
export const packages = Object.keys(rules) as readonly PackageName[];

const schema = { type: "object", properties: { amount: { type: "integer" } }, required: ["amount"], additionalProperties: false };
const yaml = (name: string, content: unknown): string => stringify({ version: 1, [name]: content }, { aliasDuplicateObjects: false });

function sources(): Record<string, string> {
  const definitions = TOOLS.map((name) => ({ name, inputSchema: schema }));
  const pinned = Object.fromEntries(definitions.map((definition) => [definition.name, { pin: pinOf(definition, "session"), definition }]));
  const files: Record<string, string> = {
    "catalog/servers.yaml": yaml("servers", Object.fromEntries(SERVERS.map((id) => [id, server(id)]))),
    "catalog/tools.yaml": yaml("tools", Object.fromEntries(SERVERS.map((id) => [id, Object.fromEntries(TOOLS.map(tool))]))),
    "catalog/agents.yaml": yaml("agents", Object.fromEntries(["a0", "a1", "a2"].map((id) => [id, agentOf(id, {})]))),
    "catalog/roles.yaml": yaml("roles", Object.fromEntries(ROLES.map((role) => [role, { grants: ["alpha/*"] }]))),
    "catalog/groups.yaml": yaml("groups", Object.fromEntries(GROUPS.map((group) => [group, { roles: [] }]))),
    "catalog/settings.yaml": yaml("settings", { timezone: "Europe/Berlin" }),
  };
  for (const id of SERVERS) {
    files[`catalog/pins/${id}.json`] = JSON.stringify({ version: 1, server: id, era: "session", capabilities: {}, tools: pinned });
  }
  for (const [name, text] of Object.entries(rules)) {
    files[`policy/${name}.rego`] = `# METADATA\n# custom:\n#   servers: ["*"]\npackage policy.${name}\n\n${text}\n`;
  }
  return files;
}

function server(id: string) {
  const transport = { kind: "http", place: id, host_class: "loopback" };
  return { title: id, owner: "ann", trust: "internal", environment: "test", status: "approved", transport };
}

function tool(name: string, at: number) {
  const effects = at % 2 === 0 ? ["read"] : ["write"];
  return [name, { risk: at === 3 ? "high" : "low", effects, idempotent: true, sample: { args: { amount: 5 } } }] as const;
}

export interface Agent {
  readonly team?: string;
  readonly surface?: string;
  readonly status?: "active" | "suspended";
  readonly modes?: readonly ("user_via_agent" | "agent")[];
  readonly roles?: readonly string[];
  readonly roles_alone?: readonly string[];
  readonly expires?: string;
}

function agentOf(id: string, more: Agent) {
  const match = [{ issuer: "https://login.test", client_id: id }];
  return {
    name: id,
    owner: "ann",
    environment: "test",
    status: "active",
    modes: ["user_via_agent"],
    roles: [],
    roles_alone: [],
    ...more,
    match,
  };
}

export interface Company {
  readonly agents: Readonly<Record<string, Agent>>;
  /** By role, the tools of each server that it grants. */
  readonly roles: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly packages: Readonly<Partial<Record<(typeof SERVERS)[number], readonly PackageName[]>>>;
}

let compiled: Promise<Uint8Array> | undefined;

async function compile(): Promise<Uint8Array> {
  const opa = await findOpa({ env: process.env });
  if (!opa.ok) throw new Error(opa.error);
  const policiesDir = await mkdtemp(join(tmpdir(), "toolgate-access-"));
  await writeFiles(policiesDir, sources());
  const named = { name: "small", revision: "1", sequence: 1, expires: "2036-01-01T00:00:00Z", environment: "test" };
  const built = await buildBundle({ policiesDir, opa: opa.value, ...named });
  if (!built.ok) throw new Error(JSON.stringify(built.error, null, 1));
  return built.value.bytes;
}

interface Data {
  readonly index: object;
  readonly catalog: { readonly agents: object; readonly groups: object };
}

/** The company as it can be asked. Close it when done. */
export async function openCompany(company: Company): Promise<Workbench> {
  compiled ??= compile();
  const contents = await readBundle(await compiled, defaultBundleLimits);
  if (!contents.ok) throw new Error(contents.error.detail);
  const [manifest, raw] = [readManifest(contents.value), readJsonFile(contents.value, dataFile)];
  if (!manifest.ok || !raw.ok) throw new Error("the bundle of the test cannot be read");
  const data = raw.value as Data;
  const granted = (byServer: Readonly<Record<string, readonly string[]>>) =>
    Object.fromEntries(Object.entries(byServer).map(([id, names]) => [id, Object.fromEntries(names.map((name) => [name, true]))]));
  const roles = Object.fromEntries(ROLES.map((role) => [role, { grants: granted(company.roles[role] ?? {}) }]));
  const changed = {
    ...data,
    roles,
    index: { ...data.index, ...Object.fromEntries(SERVERS.map((id) => [id, [...new Set(company.packages[id] ?? [])].sort()])) },
    catalog: {
      ...data.catalog,
      agents: Object.fromEntries(Object.entries(company.agents).map(([id, agent]) => [id, agentOf(id, agent)])),
      groups: Object.fromEntries(Object.entries(company.groups).map(([name, held]) => [name, { roles: held }])),
    },
  };
  const wasm = contents.value.files.get(wasmFile) ?? new Uint8Array();
  const modules = new Map([...contents.value.files].filter(([name]) => name.endsWith(".rego")));
  const file = join(await mkdtemp(join(tmpdir(), "toolgate-access-")), "small.tar.gz");
  await writeFile(file, await assembleBundle({ manifest: manifest.value, data: changed, modules, wasm }));
  const opened = await openWorkbench(file, { findOpa: () => Promise.reject(new Error("opa was asked for")) });
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  return opened.value;
}
