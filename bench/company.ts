import { appendFile, cp, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { stringify } from "yaml";
import { buildBundle, generateKeyPair as generateSigningKey, type Opa, signBundle } from "../src/authoring/index.ts";
import { formatMistakes } from "../src/core/mistakes.ts";
import { pinOf } from "../src/core/tool.ts";
import { ALL_TOOLS, definitions, PRINCIPALS, READ_TOOLS, SERVER, toolName } from "./calls.ts";

/** The company that the gate serves in the bench: its tables, its bundle, and the tokens of its people. */

export const ISSUER = "https://login.bench.test";
export const AUDIENCE = "http://127.0.0.1:4500";
/** The operators' client, which is no agent. */
const OPERATORS = "toolgate-cli";
const ROLES = 60;
const AGENTS = 20;
const EXPIRES = "2036-01-01T00:00:00Z";

const two = (index: number): string => String(index).padStart(2, "0");
const fromEach = <T>(count: number, entry: (index: number) => [string, T]): Record<string, T> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => entry(index)));

/** Every caller may read; the other roles overlap with that, as roles do. `wide` is one agent's: long lists are timed with it. */
function roles(): Record<string, { readonly grants: readonly string[] }> {
  const some = (index: number) => [`${SERVER}/get_${two(index)}*`, `${SERVER}/put_0${index % 10}*`];
  return {
    reader: { grants: [`${SERVER}/get_*`] },
    wide: { grants: [`${SERVER}/*`] },
    ...fromEach(ROLES - 2, (index) => [`role-${two(index)}`, { grants: some(index % 10) }]),
  };
}

function tools(): Record<string, unknown> {
  const risks = ["low", "low", "medium", "low", "high"];
  const classes = [[], ["internal"], ["personal"], ["internal"], ["personal", "internal"]];
  const args = { id: "rec-1", query: "orders of week 1", limit: 5, region: "eu" };
  return fromEach(ALL_TOOLS, (index) => [
    toolName(index),
    {
      risk: risks[index % risks.length],
      effects: [index < READ_TOOLS ? "read" : "write"],
      data_classes: classes[index % classes.length],
      idempotent: index < READ_TOOLS,
      sample: { args: index < READ_TOOLS ? args : { target: "rec-1", note: "checked", limit: 1, region: "eu", export: false } },
    },
  ]);
}

function agent(name: string, roles: readonly string[]) {
  return {
    name: `Agent ${name}`,
    owner: "platform",
    environment: "bench",
    status: "active",
    modes: ["user_via_agent"],
    roles,
    match: [{ issuer: ISSUER, client_id: `agent-${name}` }],
  };
}

function tables(): Record<string, unknown> {
  const surfaces = ["chat", "ide", "job", "crm"];
  return {
    servers: {
      [SERVER]: {
        title: "Records",
        owner: "platform",
        trust: "internal",
        environment: "bench",
        status: "approved",
        transport: { kind: "http", place: SERVER, host_class: "loopback", era: "session" },
        timeout_ms: 10_000,
        max_result_bytes: 4_194_304,
      },
    },
    tools: { [SERVER]: tools() },
    agents: {
      "agent-wide": { ...agent("wide", ["wide"]) },
      ...fromEach(AGENTS, (index) => [
        `agent-${two(index)}`,
        { ...agent(two(index), ["reader", `role-${two(index)}`]), team: `team-${index % 5}`, surface: surfaces[index % surfaces.length] },
      ]),
    },
    roles: roles(),
    operators: { platform: { roles: ["operator"], match: [{ issuer: ISSUER, client_id: OPERATORS }], users: ["olga"] } },
    groups: {
      "group-wide": { roles: ["wide"] },
      // Rules name them; nobody of the bench is in them.
      ...Object.fromEntries(["operators", "contractors", "interns"].map((name) => [name, { roles: [] }])),
      ...fromEach(ROLES, (index) => [`group-${two(index)}`, { roles: ["reader", `role-${two(index % (ROLES - 2))}`] }]),
    },
    budgets: {
      // Large enough that none is ever used up: the bench measures counting, not refusing.
      "calls-per-minute": { unit: "calls", limit: 60_000, window: { kind: "rolling", seconds: 60, burst: 60_000 }, per: ["agent", "user"] },
      "server-calls-per-minute": { unit: "calls", limit: 1_000_000_000, window: { kind: "fixed", seconds: 60 }, per: ["tenant", "server"] },
      "writes-per-day": { unit: "calls", limit: 1000, window: { kind: "fixed", seconds: 86_400 }, per: ["user"] },
    },
    settings: { timezone: "Europe/Berlin", max_limit: 300, freeze: false },
    custom: {
      blocked_clients: ["leaky-ide", "old-ide"],
      blocked_addresses: ["192.0.2.1", "192.0.2.2"],
      leavers: ["user-900", "user-901"],
      frozen_tools: ["get_900", "put_900"],
      closed_regions: ["antarctica"],
      replaced_agents: ["agent-90", "agent-91"],
    },
  };
}

const cases = [
  {
    name: "a reader reads",
    entrypoint: "decide",
    input: {
      principal: { kind: "user_via_agent" },
      agent: { id: "agent-00", environment: "bench", status: "active", roles: ["reader"] },
      user: { id: "user-000", groups: ["group-00"], roles: ["reader"] },
      server: { id: SERVER, environment: "bench", status: "approved" },
      tool: { id: `${SERVER}.get_000`, name: "get_000", pinned: true, risk: "low", effects: ["read"], data_classes: [] },
      args: { id: "rec-1", query: "orders", limit: 5, region: "eu" },
    },
    want: { effect: "allow" },
  },
];

/** Without aliases: a reader takes many of them for an attack. */
const yamlOf = (value: object): string => stringify(value, { aliasDuplicateObjects: false });

/** Writes tables, rules and cases below `folder`, as their authors would have them. */
export async function writePolicies(folder: string): Promise<void> {
  await mkdir(join(folder, "catalog", "pins"), { recursive: true });
  await mkdir(join(folder, "cases"), { recursive: true });
  await cp(join(import.meta.dirname, "policy"), join(folder, "policy"), { recursive: true });
  for (const [name, content] of Object.entries(tables()))
    await writeFile(join(folder, "catalog", `${name}.yaml`), yamlOf({ version: 1, [name]: content }));
  const pinned = Object.fromEntries(
    definitions().map((definition) => [definition.name, { pin: pinOf({ ...definition }, "session"), definition }]),
  );
  const pins = { version: 1, server: SERVER, era: "session", capabilities: {}, tools: pinned };
  await writeFile(join(folder, "catalog", "pins", `${SERVER}.json`), JSON.stringify(pins));
  await writeFile(join(folder, "cases", "reads.yaml"), yamlOf({ cases }));
}

/** With what all bundles of one run are signed. */
export type BundleKey = ReturnType<typeof generateSigningKey>;

export const bundleKey = (): BundleKey => generateSigningKey("ES256");

export interface SignedBundle {
  readonly bytes: Uint8Array;
  readonly keyring: string;
}

/** What a bundle differs in from the company's own. */
export interface CompanyChange {
  readonly sequence?: number;
  /** A further rule for each package, by its name; none where nothing is said. */
  readonly ruleFor?: (name: string) => string | undefined;
  readonly key?: BundleKey;
}

/** Builds and signs the bundle of the company. Throws with the mistakes where the sources have any. */
export async function buildCompany(folder: string, opa: Opa, change: CompanyChange = {}): Promise<SignedBundle> {
  const { sequence = 1, ruleFor, key = bundleKey() } = change;
  await writePolicies(folder);
  for (const file of ruleFor === undefined ? [] : await readdir(join(folder, "policy"))) {
    const rule = ruleFor?.(file.replace(".rego", ""));
    if (rule !== undefined) await appendFile(join(folder, "policy", file), `\n${rule}\n`);
  }
  const named = { name: "bench", revision: `bench-${sequence}`, sequence, expires: EXPIRES, environment: "bench" };
  const built = await buildBundle({ policiesDir: folder, opa, ...named });
  if (!built.ok) throw new Error(formatMistakes(built.error));
  if (built.value.worker.length > 0) throw new Error(`packages of the bench need a worker: ${built.value.worker.join(", ")}`);
  const { privateKey, publicKey } = key;
  const signed = await signBundle(built.value.bytes, { privateKey, kid: "bench", algorithm: "ES256" });
  if (!signed.ok) throw new Error(signed.error);
  const keyring = { version: 1, keys: { bench: { algorithm: "ES256", public_key: publicKey } } };
  return { bytes: signed.value, keyring: JSON.stringify(keyring) };
}

export interface People {
  /** One access token for each principal. */
  readonly tokens: readonly string[];
  /** Somebody who may use all tools. */
  readonly wide: string;
  /** Somebody who may operate the gate. */
  readonly operator: string;
  readonly jwks: { readonly keys: readonly JWK[] };
}

export async function issueTokens(): Promise<People> {
  const { privateKey, publicKey } = await generateKeyPair("ES256");
  const issue = (subject: string, clientId: string, groups: readonly string[]) =>
    new SignJWT({ client_id: clientId, groups, email: `${subject}@bench.test`, scope: "mcp" })
      .setProtectedHeader({ alg: "ES256", kid: "bench", typ: "at+jwt" })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(subject)
      .setIssuedAt()
      .setExpirationTime("1h")
      .sign(privateKey);
  const tokens = await Promise.all(
    Array.from({ length: PRINCIPALS }, (_, index) =>
      issue(`user-${String(index).padStart(3, "0")}`, `agent-${two(index % AGENTS)}`, [
        `group-${two(index % 50)}`,
        `group-${two((index + 7) % 50)}`,
      ]),
    ),
  );
  const wide = await issue("user-wide", "agent-wide", ["group-wide"]);
  const operator = await issue("olga", OPERATORS, []);
  return { tokens, wide, operator, jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: "bench", alg: "ES256", use: "sig" }] } };
}
