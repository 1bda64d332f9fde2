import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { referenceTools } from "../../examples/reference-server/index.ts";
import { buildBundle, findOpa, generateKeyPair, pinServer, readServers, signBundle } from "../../src/authoring/index.ts";
import { formatMistakes, type Mistake } from "../../src/core/mistakes.ts";
import type { Result } from "../../src/core/result.ts";
import { createUpstream, upstreamConfig } from "../../src/parts/upstream/index.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import type { Era } from "./scenarios.ts";

/** Names of a company whose only business is to be tested. */
export const names = { bundle: "conformance", environment: "conformance", audience: "https://gate.conformance.example" } as const;

export type Places = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface Company {
  readonly servers: readonly CompanyServer[];
  /** As the configuration has them. */
  readonly places: Places;
  readonly issuer: string;
}

export interface CompanyServer {
  readonly id: string;
  /** As servers.yaml has it. */
  readonly transport: Readonly<Record<string, unknown>>;
  /** The tools that are approved, each with arguments that it takes. */
  readonly tools: Readonly<Record<string, object>>;
}

/** Our reference server in one era, with all its tools but the one that comes and goes. */
export function referenceServer(id: string, era: Era): CompanyServer {
  const samples: Readonly<Record<string, object>> = { test_x_mcp_header: { region: "europe" }, test_wait: { ms: 1 } };
  const tools = Object.fromEntries(referenceTools.map(({ name }) => [name, samples[name] ?? {}]));
  return { id, transport: overHttp(id, era), tools };
}

export function overHttp(place: string, era: Era): CompanyServer["transport"] {
  return { kind: "http", place, host_class: "loopback", era };
}

const KID = "conformance";
/** Far above what a decision takes: how fast this machine is today is not what is tested. */
export const MAX_DECIDE_MS = 5_000;

const policy = `# METADATA
# custom:
#   servers: ["*"]
#   kinds: [tool]
package policy.suite

deny contains {"code": "suite.critical", "message": "Nothing critical here."} if input.tool.risk == "critical"

constrain contains {"code": "suite.region", "message": "The region mars is closed."} if {
	input.tool.name == "test_x_mcp_header"
	input.args.region == "mars"
}
`;

/** Writes the tables, pins what the running servers offer, and puts a signed bundle and its keyring into the folder. */
export async function writeBundle(folder: string, company: Company): Promise<void> {
  const policies = join(folder, "policies");
  await writeTables(policies, company);
  await writePins(policies, company.places);
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

async function writeTables(policies: string, { servers, issuer }: Company): Promise<void> {
  const { environment } = names;
  const facts = { risk: "low", effects: ["read"], data_classes: [], idempotent: true };
  const byId = <T>(of: (server: CompanyServer) => T) => Object.fromEntries(servers.map((server) => [server.id, of(server)]));
  const tables = {
    servers: byId(({ transport }) => ({ owner: "platform", trust: "internal", environment, status: "approved", transport })),
    tools: byId(({ tools }) => Object.fromEntries(Object.entries(tools).map(([name, args]) => [name, { ...facts, sample: { args } }]))),
    agents: {
      suite: {
        name: "Conformance suite",
        owner: "ann",
        environment,
        status: "active",
        modes: ["user_via_agent"],
        roles: ["suite"],
        roles_alone: [],
        match: [{ issuer, client_id: "support-bot" }],
      },
    },
    roles: { suite: { grants: servers.map(({ id }) => `${id}/*`) } },
    groups: { support: { roles: ["suite"] } },
    budgets: {},
    settings: {},
    custom: {},
  };
  await mkdir(join(policies, "catalog", "pins"), { recursive: true });
  await mkdir(join(policies, "policy"));
  await writeFile(join(policies, "policy", "suite.rego"), policy);
  for (const [name, table] of Object.entries(tables)) {
    await writeFile(join(policies, "catalog", `${name}.yaml`), stringify({ version: 1, [name]: table }));
  }
}

async function writePins(policies: string, places: Places): Promise<void> {
  const upstream = createUpstream({
    config: upstreamConfig.parse({ places }),
    clock: systemClock,
    logger: silentLogger,
    onServerRequest: () => {},
    credentialFor: async () => ({ ok: true, value: {} }),
  });
  try {
    for (const [serverId, { definition }] of ok(await readServers(policies))) {
      const listing = await upstream.connect(definition).listing();
      if (!listing.ok) throw new Error(`${serverId} cannot be asked: ${listing.error.detail}`);
      const { file } = pinServer({ serverId, definition, listing: listing.value });
      await writeFile(join(policies, "catalog", "pins", `${serverId}.json`), file);
    }
  } finally {
    await upstream.close();
  }
}

function ok<T>(result: Result<T, readonly Mistake[]>): T {
  if (!result.ok) throw new Error(formatMistakes(result.error));
  return result.value;
}
