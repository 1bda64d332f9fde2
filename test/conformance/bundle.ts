import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { buildBundle, findOpa, generateKeyPair, pinServer, readServers, signBundle } from "../../src/authoring/index.ts";
import { formatMistakes, type Mistake } from "../../src/core/mistakes.ts";
import type { Result } from "../../src/core/result.ts";
import { createUpstream, type Listing, upstreamConfig } from "../../src/parts/upstream/index.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { type Approved, type Company, type CompanyServer, names, type Places, type UnseenServer } from "./company.ts";

const KID = "conformance";
/** Far above what a decision takes: how fast this machine is today is not what is tested. */
export const MAX_DECIDE_MS = 5_000;

/** A rule may name only what the servers of this set offer. */
const HEADER_TOOL = "test_x_mcp_header";

const policy = `# METADATA
# custom:
#   servers: ["*"]
#   kinds: [tool]
package policy.suite

deny contains {"code": "suite.critical", "message": "Nothing critical here."} if input.tool.risk == "critical"
`;

const regions = `
constrain contains {"code": "suite.region", "message": "The region mars is closed."} if {
	input.tool.name == "${HEADER_TOOL}"
	input.args.region == "mars"
}
`;

/** Pins what the running servers offer, writes the tables, and puts a signed bundle and its keyring into the folder. */
export async function writeBundle(folder: string, company: Company): Promise<void> {
  const policies = join(folder, "policies");
  await mkdir(join(policies, "catalog", "pins"), { recursive: true });
  await mkdir(join(policies, "policy"));
  await writeTables(policies, { servers: byId(company.servers, serverRow) });
  const listings = await writePins(policies, company.places);
  const hasHeaderTool = [...listings.values()].some(({ tools }) => tools.has(HEADER_TOOL));
  await writeFile(join(policies, "policy", "suite.rego"), hasHeaderTool ? policy + regions : policy);
  await writeTables(policies, tablesOf(company, listings));
  const opa = await findOpa({ env: process.env, installInto: new URL("../../.cache/bin", import.meta.url).pathname });
  if (!opa.ok) throw new Error(opa.error);
  const identity = { name: names.bundle, environment: names.environment, revision: "conformance-1", sequence: 1 };
  const expires = new Date(Date.now() + 86_400_000).toISOString();
  const built = ok(await buildBundle({ policiesDir: policies, opa: opa.value, expires, maxDecideMs: MAX_DECIDE_MS, ...identity }));
  const { privateKey, publicKey } = generateKeyPair("ES256");
  const signed = await signBundle(built.bytes, { privateKey, kid: KID, algorithm: "ES256" });
  if (!signed.ok) throw new Error(signed.error);
  await writeFile(join(folder, "bundle.tar.gz"), signed.value);
  const keyring = { version: 1, keys: { [KID]: { algorithm: "ES256", public_key: publicKey, owner: "the conformance run" } } };
  await writeFile(join(folder, "keyring.json"), JSON.stringify(keyring));
}

async function writeTables(policies: string, tables: Readonly<Record<string, unknown>>): Promise<void> {
  for (const [name, table] of Object.entries(tables)) {
    await writeFile(join(policies, "catalog", `${name}.yaml`), stringify({ version: 1, [name]: table }, { aliasDuplicateObjects: false }));
  }
}

function serverRow({ transport, asks = [], extensions = [] }: CompanyServer | UnseenServer): object {
  const { environment } = names;
  return { owner: "platform", trust: "internal", environment, status: "approved", transport, asks: [...asks], extensions: [...extensions] };
}

function tablesOf({ servers, issuer }: Company, listings: ReadonlyMap<string, Listing>): Readonly<Record<string, unknown>> {
  const approved = new Map(servers.map((server) => [server.id, approvedOf(server, listings)]));
  const of = (server: { readonly id: string }): Approved => approved.get(server.id) ?? { tools: {} };
  const facts = { risk: "low", effects: ["read"], data_classes: [], idempotent: true };
  const entries = <T>(all: Readonly<Record<string, T>>, row: (one: T) => object) =>
    Object.fromEntries(Object.entries(all).map(([name, one]) => [name, row(one)]));
  const agent = {
    name: "Conformance suite",
    owner: "ann",
    environment: names.environment,
    status: "active",
    modes: ["user_via_agent"],
    roles: ["suite"],
    roles_alone: [],
    match: [{ issuer, client_id: "support-bot" }],
  };
  return {
    tools: byId(servers, (server) => entries(of(server).tools, (args) => ({ ...facts, sample: { args } }))),
    prompts: byId(servers, (server) => Object.fromEntries((of(server).prompts ?? []).map((name) => [name, { data_classes: [] }]))),
    resources: byId(servers, (server) => entries(of(server).resources ?? {}, (which) => ({ ...which, data_classes: [] }))),
    agents: { suite: agent },
    roles: { suite: roleOf(servers, of) },
    groups: { support: { roles: ["suite"] } },
    budgets: {},
    settings: {},
    custom: {},
  };
}

/** Everything that is approved. A wildcard over nothing would be a mistake. */
function roleOf(servers: Company["servers"], of: (server: { readonly id: string }) => Approved): object {
  const all = (has: (approved: Approved) => object | undefined) =>
    servers.filter((server) => Object.keys(has(of(server)) ?? {}).length > 0).map(({ id }) => `${id}/*`);
  return {
    grants: all(({ tools }) => tools),
    prompts: all(({ prompts }) => prompts),
    resources: all(({ resources }) => resources),
    asks: servers.flatMap(({ id, asks = [] }) => asks.map((kind) => `${id}/${kind}`)),
  };
}

function approvedOf(server: CompanyServer | UnseenServer, listings: ReadonlyMap<string, Listing>): Approved {
  if (!("approve" in server)) return server;
  const listing = listings.get(server.id);
  return listing === undefined ? { tools: {} } : server.approve(listing);
}

function byId<S extends { readonly id: string }, T>(servers: readonly S[], of: (server: S) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(servers.map((server) => [server.id, of(server)]));
}

async function writePins(policies: string, places: Places): Promise<ReadonlyMap<string, Listing>> {
  const upstream = createUpstream({
    config: upstreamConfig.parse({ places }),
    clock: systemClock,
    logger: silentLogger,
    onServerRequest: () => {},
    credentialFor: async () => ({ ok: true, value: {} }),
  });
  const listings = new Map<string, Listing>();
  try {
    for (const [serverId, { definition }] of ok(await readServers(policies))) {
      const listing = await upstream.connect(definition).listing();
      if (!listing.ok) throw new Error(`${serverId} cannot be asked: ${listing.error.detail}`);
      listings.set(serverId, listing.value);
      const { file } = pinServer({ serverId, definition, listing: listing.value });
      await writeFile(join(policies, "catalog", "pins", `${serverId}.json`), file);
    }
  } finally {
    await upstream.close();
  }
  return listings;
}

function ok<T>(result: Result<T, readonly Mistake[]>): T {
  if (!result.ok) throw new Error(formatMistakes(result.error));
  return result.value;
}
