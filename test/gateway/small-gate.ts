import { generateKeySync } from "node:crypto";
import { noCapabilities } from "../../src/core/client.ts";
import type { Decision } from "../../src/core/decision.ts";
import { randomIds } from "../../src/core/ids.ts";
import { type PromptDefinition, pinOf, type ResourceDefinition, type TemplateDefinition } from "../../src/core/tool.ts";
import {
  createGateway,
  createMeter,
  type Exchange,
  type Generation,
  type Generations,
  generationOf,
  keyedMasker,
  type Parts,
} from "../../src/gateway/index.ts";
import { memoryLedger } from "../../src/parts/budgets/index.ts";
import type { BundleRefusal, VerifiedBundle } from "../../src/parts/bundle/index.ts";
import { readCatalog } from "../../src/parts/catalog/index.ts";
import { memoryLog } from "../../src/parts/decisions/index.ts";
import { memoryOperations } from "../../src/parts/operations/index.ts";
import type { Policy } from "../../src/parts/policy/index.ts";
import type { Listing, ServerConnection, Upstream, UpstreamCall, UpstreamReply } from "../../src/parts/upstream/index.ts";
import { manualClock } from "../../src/platform/clock.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { aeadSealer } from "../../src/platform/sealer.ts";
import { agent, bundleData, now, token } from "../parts/catalog/sample-data.ts";

// The gateway on a catalog alone: policy is a function, servers are what a test says they list and answer.

/** JSON that a test looks into. */
export interface Loose {
  readonly [member: string]: Loose | undefined;
}

export interface Rules {
  /** `false`: the caller may not know of it. `true`: allowed. A code: refused. */
  decide: (input: Loose) => boolean | string | Partial<Decision>;
  inspect: (input: Loose) => { withheld?: string; redact?: readonly string[] };
  /** Asked only where the catalog says that a package of the server has such a rule. */
  mask: (input: Loose) => readonly string[];
}

export interface LiveServer {
  listing: Listing | undefined;
  /** What it was asked. */
  readonly calls: UpstreamCall[];
  answer: (call: UpstreamCall) => UpstreamReply["outcome"];
  readonly watchers: Map<string, Set<() => void>>;
  tellUpdated(uri: string): void;
}

export function allow(extra: Partial<Decision> = {}): Decision {
  return { effect: "allow", known: true, permits: [], reasons: [], obligations: [], redactions: [], ...extra };
}

export function listingOf(of: {
  readonly tools?: Listing["tools"];
  readonly prompts?: readonly PromptDefinition[];
  readonly resources?: readonly ResourceDefinition[];
  readonly templates?: readonly TemplateDefinition[];
  readonly offers?: Partial<Listing["offers"]>;
}): Listing {
  const { tools = new Map(), prompts = [], resources = [], templates = [], offers = {} } = of;
  return {
    era: "session",
    protocolVersion: "2025-11-25",
    tools,
    prompts: new Map(prompts.map((definition) => [definition.name, { definition, pin: pinOf(definition, "session") }])),
    resources: new Map(resources.map((definition) => [definition.uri, definition])),
    templates: new Map(templates.map((definition) => [definition.uriTemplate, { definition, pin: pinOf(definition, "session") }])),
    offers: { completions: false, logging: false, subscriptions: false, extensions: {}, ...offers },
    readAt: now,
  };
}

function liveServer(): LiveServer {
  const watchers = new Map<string, Set<() => void>>();
  return {
    listing: listingOf({}),
    calls: [],
    answer: () => ({ kind: "result", result: {}, text: "{}" }),
    watchers,
    tellUpdated: (uri) => {
      for (const tell of watchers.get(uri) ?? []) tell();
    },
  };
}

function connection(server: ServerConnection["server"], live: LiveServer): ServerConnection {
  const unavailable = { ok: false, error: { code: "upstream.unavailable", detail: "", dispatched: false } } as const;
  return {
    server,
    current: () => live.listing,
    listing: async () => (live.listing ? { ok: true, value: live.listing } : unavailable),
    async call(call) {
      live.calls.push(call);
      return { ok: true, value: { era: "session", status: 200, bytes: 2, outcome: live.answer(call) } };
    },
    followElicitation: () => () => {},
    watch(uri, onUpdated) {
      const own = live.watchers.get(uri) ?? new Set();
      live.watchers.set(uri, own.add(onUpdated));
      return () => {
        own.delete(onUpdated);
        if (own.size === 0) live.watchers.delete(uri);
      };
    },
  };
}

function policyOf(rules: Rules): Policy {
  const decide = (input: Loose): Decision => {
    const said = rules.decide(input);
    if (typeof said === "object") return allow(said);
    if (said === true) return allow();
    return allow({ effect: "deny", known: said !== false, reasons: said === false ? [] : [{ code: said, rule: "test" }] });
  };
  return {
    decide: async (text) => decide(JSON.parse(text)),
    async discover(text) {
      const { items, ...common } = JSON.parse(text);
      return items.map((item: object) => decide({ ...common, ...item }).effect === "allow");
    },
    async inspect(text) {
      const { withheld, redact = [] } = rules.inspect(JSON.parse(text));
      return {
        withheld: withheld === undefined ? [] : [{ code: withheld, rule: "test" }],
        redactions: redact.map((path) => ({ rule: "test", path, mode: "mask", optional: false })),
      };
    },
    admit: async () => [],
    mask: async (text) => rules.mask(JSON.parse(text)),
    close: async () => {},
  };
}

export interface SmallGate {
  readonly gateway: ReturnType<typeof createGateway>;
  readonly rules: Rules;
  readonly live: Readonly<Record<string, LiveServer>>;
  readonly clock: ReturnType<typeof manualClock>;
  readonly exchange: (of?: Partial<Exchange>) => Exchange;
  /** What is on record, of these kinds or of all. */
  readonly records: (...kinds: readonly string[]) => readonly Loose[];
  /** The key of the bundle is revoked: nothing is left to judge by. */
  revoke(): void;
  /** Takes this catalog from now on. */
  swap(change: (data: ReturnType<typeof bundleData>) => void): void;
}

/** The sample company, changed as the test likes. */
export function smallGate(change: (data: ReturnType<typeof bundleData>) => void = () => {}): SmallGate {
  const rules: Rules = { decide: () => true, inspect: () => ({}), mask: () => [] };
  const clock = manualClock(now);
  const ids = randomIds();
  const log = memoryLog({ clock, ids, instance: "test" });
  const live: Record<string, LiveServer> = {};
  const swaps = new Set<Parameters<Generations["onSwap"]>[0]>();
  const make = (changed: typeof change): Generation => {
    const data = bundleData();
    data.catalog.agents["support-bot"] = agent({ modes: ["user_via_agent", "agent"] });
    changed(data);
    const catalog = readCatalog(data);
    if (!catalog.ok) throw new Error(JSON.stringify(catalog.error));
    for (const id of catalog.value.servers.keys()) live[id] ??= liveServer();
    const bundle = {
      identity: { name: "test", revision: "1", sequence: 1, digest: "sha256:00", signer: "k" },
      tenant: "default",
      environment: "demo",
      expiresAt: Number.MAX_SAFE_INTEGER,
      onExpiry: "deny_all",
    } as unknown as VerifiedBundle;
    return generationOf(bundle, policyOf(rules), catalog.value);
  };
  let generation: Generation | undefined = make(change);
  let revoked = () => {};
  const upstream: Upstream = {
    connect: (server) => connection(server, live[server.id] ?? liveServer()),
    retain: () => {},
    close: async () => {},
  };
  const parts = {
    generations: {
      for: () => generation,
      pin: () => generation,
      release: () => {},
      onSwap: (listener: Parameters<Generations["onSwap"]>[0]) => {
        swaps.add(listener);
        return () => swaps.delete(listener);
      },
      onRefused: (listener: (refusal: BundleRefusal) => void) => {
        revoked = () => listener({ code: "bundle.unknown_key", detail: "revoked" });
        return () => {};
      },
      status: () => ({}),
    },
    upstream,
    credentials: { headersFor: async () => ({ ok: true, value: {} }), scrub: (text: string) => text.replaceAll("hunter2", "[secret]") },
    ledger: memoryLedger({ max_holds: 100, max_counters: 100 }),
    budgetsReady: () => true,
    operations: memoryOperations({ clock, replica: "r1" }),
    mostStaleMs: 5_000,
    log,
    durability: { read: "grouped", other: "always" },
    masker: keyedMasker(Buffer.alloc(32, 7)),
    sealer: aeadSealer(((key) => () => [key])(generateKeySync("aes", { length: 256 }))),
    replicas: {
      id: "r1",
      serve: () => {},
      ask: async () => ({ kind: "away" }),
      tell: () => {},
      onTold: () => () => {},
      close: async () => {},
    },
    questions: { parkedPerOwner: 2, parkedMs: 60_000, maxRounds: 8 },
    meter: createMeter(),
    comparing: { note: () => {} },
    clock,
    ids,
    logger: silentLogger,
  } as unknown as Parts;
  const verified = token({ clientId: "support-bot", user: { id: "ann", issuer: "https://id", groups: ["support"] } });
  return {
    gateway: createGateway(parts),
    rules,
    live,
    clock,
    exchange: (of = {}) => ({
      caller: { token: verified, agentId: "support-bot", key: "ann" },
      network: { ip: "::1", mtls: false },
      serverId: "crm",
      era: "stateless",
      protocolVersion: "2026-07-28",
      client: { name: "c", version: "1" },
      capabilities: noCapabilities,
      ...of,
    }),
    records: (...kinds) =>
      log.lines().flatMap((line) => {
        const record = JSON.parse(line);
        return kinds.length === 0 || kinds.includes(record.kind) ? [record] : [];
      }),
    revoke() {
      generation = undefined;
      revoked();
    },
    swap(changed) {
      const swapped = make(changed);
      generation = swapped;
      for (const listener of swaps) listener({ tenant: "default", generations: [swapped], activated: swapped });
    },
  };
}

export const unending = new AbortController().signal;
