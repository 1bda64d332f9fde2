import { randomBytes } from "node:crypto";
import { type ClientCapabilities, noCapabilities } from "../../../src/core/client.ts";
import type { Decision, Inspection } from "../../../src/core/decision.ts";
import { randomIds } from "../../../src/core/ids.ts";
import type { VerifiedToken } from "../../../src/core/principal.ts";
import { err, ok, type Result } from "../../../src/core/result.ts";
import type { Era } from "../../../src/core/tool.ts";
import { createGateway, type RunningGateway } from "../../../src/gateway/create-gateway.ts";
import type { Answer, Exchange, GatewayRequest } from "../../../src/gateway/gateway.ts";
import { type Generation, generationOf } from "../../../src/gateway/generation.ts";
import type { Generations } from "../../../src/gateway/generations.ts";
import { keyedMasker } from "../../../src/gateway/mask.ts";
import { createMeter } from "../../../src/gateway/meter.ts";
import type { BuiltParts } from "../../../src/gateway/parts.ts";
import { memoryLedger } from "../../../src/parts/budgets/index.ts";
import type { BundleIdentity, VerifiedBundle } from "../../../src/parts/bundle/index.ts";
import { readCatalog } from "../../../src/parts/catalog/index.ts";
import { type MemoryLog, memoryLog } from "../../../src/parts/decisions/index.ts";
import { memoryOperations, type Operations } from "../../../src/parts/operations/index.ts";
import { memoryReplicas, type Replicas } from "../../../src/parts/replicas/index.ts";
import type { Listing, UpstreamCall, UpstreamFailure, UpstreamReply } from "../../../src/parts/upstream/index.ts";
import { manualClock } from "../../../src/platform/clock.ts";
import type { Logger } from "../../../src/platform/logger.ts";
import { sealKey } from "../../../src/platform/seal-keys.ts";
import { aeadSealer } from "../../../src/platform/sealer.ts";
import { bundleData, entry, now, server as serverRow, token, tool } from "../../parts/catalog/sample-data.ts";

type Members = Readonly<Record<string, unknown>>;
type Sent = Result<UpstreamReply, UpstreamFailure>;

/** The input as policy gets it. */
export type Input = Readonly<Record<string, unknown>> & { readonly method: string };

export interface ScriptedOptions {
  /** What the server behind does with each request it gets. */
  readonly server: (call: UpstreamCall, number: number) => Promise<Sent> | Sent;
  /** What policy says; everything is allowed by default. */
  readonly decide?: (input: Input) => Partial<Decision>;
  readonly inspect?: (input: Input) => Partial<Inspection>;
  /** Members of the server's row in the catalog. */
  readonly row?: Members;
  /** Input schema of the tool. */
  readonly schema?: Record<string, unknown>;
  readonly rules?: Readonly<Record<string, readonly string[]>>;
  readonly budgets?: Readonly<Record<string, Members>>;
  readonly questions?: Partial<BuiltParts["questions"]>;
  readonly replicas?: Replicas;
  readonly operations?: Operations;
  /** Milliseconds since what operators decided was last confirmed. */
  readonly staleMs?: () => number;
  /** Shared by replicas of one gateway. */
  readonly key?: Uint8Array;
}

export interface ScriptedGateway {
  readonly gateway: RunningGateway;
  /** What the server behind saw, oldest first. */
  readonly seen: readonly UpstreamCall[];
  readonly log: MemoryLog;
  readonly clock: ReturnType<typeof manualClock>;
  readonly parts: BuiltParts;
  records(kind?: string): readonly Record_[];
  /** Activates the same bundle anew, judged by `decide` from here on; with other members of the server's row, if there are some. */
  swap(decide: ScriptedOptions["decide"], row?: Members, digest?: BundleIdentity["digest"]): void;
  /** The key of the active bundle is revoked, and there is no other. */
  revoke(): void;
  request(client: Exchange, request: Partial<GatewayRequest>): Promise<Answer>;
}

export type Record_ = Readonly<Record<string, unknown>> & { readonly kind: string; readonly id: string };

const quiet: Logger = { info() {}, warn() {}, error() {}, debug() {} } as unknown as Logger;

export function scripted(options: ScriptedOptions): ScriptedGateway {
  const clock = manualClock(now);
  const ids = randomIds();
  const log = memoryLog({ clock, ids, instance: "test" });
  const seen: UpstreamCall[] = [];
  const catalog = catalogOf(options);
  const generation = (decide: ScriptedOptions["decide"], under = catalog, digest = bundle.identity.digest): Generation =>
    generationOf(
      { ...bundle, identity: { ...bundle.identity, digest } },
      policyOf({ ...options, ...(decide ? { decide } : {}) }),
      under,
      false,
    );
  const generations = scriptedGenerations(generation(options.decide));
  const ledger = memoryLedger({ max_holds: 1000, max_counters: 1000 });
  const key = sealKey(options.key ?? randomBytes(32));
  const parts: BuiltParts = {
    generations,
    identity: {} as BuiltParts["identity"],
    upstream: upstreamOf(catalog, options, seen),
    credentials: { headersFor: async () => ok({}), scrub: (text) => text.replaceAll("s3cret", "[secret]") },
    ledger,
    budgetsReady: () => true,
    operations: {
      ...(options.operations ?? memoryOperations({ clock, replica: "r1" })),
      ...(options.staleMs === undefined ? {} : { staleMs: options.staleMs }),
    },
    mostStaleMs: 5_000,
    log,
    durability: { read: "grouped", other: "grouped" },
    masker: keyedMasker(new Uint8Array(32)),
    sealer: aeadSealer(() => [key]),
    replicas: options.replicas ?? memoryReplicas(quiet),
    questions: { parkedPerOwner: 4, parkedMs: 60_000, maxRounds: 8, ...options.questions },
    meter: createMeter(),
    comparing: { note: () => {} },
    clock,
    ids,
    logger: quiet,
  };
  const gateway = createGateway(parts);
  return {
    gateway,
    seen,
    log,
    clock,
    parts,
    records: (kind) => records(log, kind),
    swap: (decide, row = {}, digest = bundle.identity.digest) =>
      generations.swap(generation(decide, catalogOf({ ...options, row: { ...options.row, ...row } }), digest)),
    revoke: () => generations.revoke(),
    request: (client, request) => gateway.request(client, { ...refund, signal: new AbortController().signal, ...request }),
  };
}

function catalogOf(options: ScriptedOptions): Generation["catalog"] {
  const data = bundleData();
  data.catalog.servers = {
    crm: serverRow({ credential: { mode: "none" }, asks: ["elicitation", "roots", "sampling"], extensions: [], ...options.row }),
  };
  data.catalog.rules = { refunds: ["permit"], common: ["deny"], ...options.rules } as Record<string, string[]>;
  data.catalog.worker = [];
  if (options.schema) data.catalog.tools = { crm: { refund: entry(tool("refund", options.schema)) } };
  Object.assign(data.catalog.budgets, options.budgets);
  const catalog = readCatalog(data);
  if (!catalog.ok) throw new Error(JSON.stringify(catalog.error));
  return catalog.value;
}

/** The call of most tests. */
export const refund = { asked: { method: "tools/call", name: "refund", args: { amount: 5 } } } as const satisfies Partial<GatewayRequest>;

const bundle: VerifiedBundle = {
  identity: { name: "test", revision: "1", sequence: 1, digest: `sha256:${"0".repeat(64)}`, signer: "key" },
  tenant: "default",
  environment: "demo",
  expiresAt: now + 86_400_000,
  onExpiry: "deny_all",
  wasm: new Uint8Array(),
  data: {},
  modules: [],
  maxDecideMs: 50,
};

function policyOf({ decide = () => ({}), inspect = () => ({}) }: Pick<ScriptedOptions, "decide" | "inspect">): Generation["policy"] {
  const allow: Decision = { effect: "allow", known: true, permits: [], reasons: [], obligations: [], redactions: [] };
  return {
    decide: async (input) => ({ ...allow, ...decide(JSON.parse(input) as Input) }),
    discover: async () => [],
    inspect: async (input) => ({ withheld: [], redactions: [], ...inspect(JSON.parse(input) as Input) }),
    admit: async () => [],
    mask: async () => [],
    close: async () => {},
  };
}

function scriptedGenerations(first: Generation): Generations & { swap(next: Generation): void; revoke(): void } {
  let active: Generation | undefined = first;
  const listeners = new Set<Parameters<Generations["onSwap"]>[0]>();
  const refused = new Set<Parameters<Generations["onRefused"]>[0]>();
  return {
    for: () => active,
    pin: () => active,
    release() {},
    active: () => active,
    candidate: () => undefined,
    tryOut() {},
    endTrial() {},
    drop() {},
    refused() {},
    withdraw() {},
    onSwap(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    onRefused(listener) {
      refused.add(listener);
      return () => refused.delete(listener);
    },
    status: () => ({}),
    close: async () => {},
    revoke() {
      active = undefined;
      for (const listener of refused) listener({ code: "bundle.unknown_key", detail: "" });
    },
    swap(next) {
      active = next;
      for (const listener of listeners) listener({ tenant: next.bundle.tenant, generations: [next], activated: next });
    },
  };
}

function upstreamOf(catalog: Generation["catalog"], { server }: ScriptedOptions, seen: UpstreamCall[]): BuiltParts["upstream"] {
  const tools = new Map([...catalog.tools("crm").values()].map(({ name, definition, pin }) => [name, { definition, pin }]));
  const listing: Listing = {
    era: "session",
    protocolVersion: "2025-11-25",
    tools,
    prompts: new Map(),
    resources: new Map(),
    templates: new Map(),
    offers: { completions: false, logging: true, subscriptions: false, extensions: {} },
    readAt: now,
  };
  const definition = catalog.servers.get("crm");
  if (!definition) throw new Error("the catalog has no server");
  return {
    connect: () => ({
      server: definition,
      listing: async () => ok(listing),
      current: () => listing,
      async call(call) {
        seen.push(call);
        return cancellable(call, Promise.resolve(server(call, seen.length)));
      },
      watch: () => () => {},
      followElicitation: () => () => {},
    }),
    retain() {},
    close: async () => {},
  };
}

/** A server whose request is cancelled is not waited for. */
function cancelled(call: UpstreamCall): Promise<Sent> {
  const failure = err<UpstreamFailure>({ code: "upstream.cancelled", detail: "", dispatched: true });
  if (call.signal?.aborted) return Promise.resolve(failure);
  return new Promise((resolve) => call.signal?.addEventListener("abort", () => resolve(failure), { once: true }));
}

function cancellable(call: UpstreamCall, answer: Promise<Sent>): Promise<Sent> {
  return Promise.race([answer, cancelled(call)]);
}

function records(log: MemoryLog, kind?: string): readonly Record_[] {
  const all = log.lines().map((line) => JSON.parse(line) as Record_);
  return all.filter((record) => (kind === undefined ? record.kind !== "segment" : record.kind === kind));
}

/** What the server answers. */
export const result = (text = "done", more: Members = {}): Sent =>
  reply({
    kind: "result",
    result: { content: [{ type: "text", text }], ...more },
    text: JSON.stringify({ content: [{ type: "text", text }], ...more }),
  });

export const asking = (questions: Readonly<Record<string, { method: string; params: Members }>>, requestState?: string): Sent =>
  reply({
    kind: "input_required",
    questions: new Map(Object.entries(questions)) as never,
    ...(requestState === undefined ? {} : { requestState }),
  });

export const reply = (outcome: UpstreamReply["outcome"]): Sent => ok({ era: "stateless" as Era, status: 200, bytes: 100, outcome });

export const form = (message = "Your name?", names: readonly string[] = ["name"]) => ({
  method: "elicitation/create" as const,
  params: {
    mode: "form",
    message,
    requestedSchema: { type: "object", properties: Object.fromEntries(names.map((name) => [name, { type: "string" }])) },
  },
});

export const sampling = {
  method: "sampling/createMessage" as const,
  params: { messages: [{ role: "user", content: { type: "text", text: "hi" } }], maxTokens: 10 },
};

export const roots = { method: "roots/list" as const, params: {} };

export const everything: ClientCapabilities = {
  elicitation: { form: true, url: true },
  sampling: { tools: true, context: true },
  roots: true,
  extensions: {},
};

export function client(era: Era, change: Partial<Exchange> & { readonly principal?: Partial<VerifiedToken> } = {}): Exchange {
  const { principal, ...rest } = change;
  const bearer = token({ clientId: "support-bot", user: { id: "ann", issuer: "https://id", groups: ["support"] }, ...principal });
  return {
    caller: { token: bearer, agentId: "support-bot", key: `default ${bearer.subject} support-bot` },
    network: { ip: "127.0.0.1", mtls: false },
    serverId: "crm",
    era,
    protocolVersion: era === "session" ? "2025-11-25" : "2026-07-28",
    client: { name: "c", version: "1" },
    capabilities: everything,
    ...rest,
  };
}

export const incapable: ClientCapabilities = noCapabilities;
