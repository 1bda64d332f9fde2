import { mkdtemp } from "node:fs/promises";
import { findOpa } from "../src/authoring/index.ts";
import { createActivation, createGateway, createGenerations, createMeter, keyedMasker } from "../src/gateway/index.ts";
import { memoryLedger } from "../src/parts/budgets/index.ts";
import { defaultBundleLimits, memorySequenceFloor, readKeyring } from "../src/parts/bundle/index.ts";
import { openLog } from "../src/parts/decisions/index.ts";
import { knownLibraries } from "../src/app/known-libraries.ts";
import { randomIds } from "../src/core/ids.ts";
import { silentLogger } from "../src/platform/logger.ts";
import { systemClock as clock } from "../src/platform/clock.ts";
import { buildCompany, ISSUER } from "./company.ts";
import { callText, definitions, resultText } from "./calls.ts";
import { pinOf } from "../src/core/tool.ts";
const dir = await mkdtemp("/tmp/t/mb/");
const opa = await findOpa({ env: process.env }); if (!opa.ok) throw 1;
const b = await buildCompany(dir + "/policies", opa.value);
const kr = readKeyring(b.keyring); if (!kr.ok) throw 2;
const ids = randomIds();
const log = await openLog({ dir: dir + "/log", clock, ids, logger: silentLogger, segmentBytes: 64e6, stallMs: 2000, instance: "x" }); if (!log.ok) throw 3;
const gens = createGenerations(createActivation({ limits: defaultBundleLimits, keyring: async () => kr, expected: { name: "bench", tenant: "default", environment: "bench" }, minSequence: 0, floor: memorySequenceFloor(), store: { save: async () => {}, read: async () => undefined, digests: async () => new Set() }, knownLibraries: knownLibraries(), policy: { timeoutMs: 50, workers: 1, maxMemoryBytes: 64e6 }, clock, logger: silentLogger }), clock, silentLogger);
const act = await gens.activate(b.bytes); if (!act.ok) throw new Error(JSON.stringify(act.error));
const tools = new Map(definitions().map((d) => [d.name, { definition: d as never, pin: pinOf(d as never, "session") }]));
const listing = { era: "session" as const, protocolVersion: "2025-11-25", tools, readAt: 0 };
const text = resultText("rec-1"); const result = JSON.parse(text);
const conn = { server: undefined as never, current: () => listing, listing: async () => ({ ok: true as const, value: listing }), call: async () => ({ ok: true as const, value: { era: "session" as const, status: 200, bytes: 200, outcome: { kind: "result" as const, result, text } } }) };
const STUB = process.argv.includes("--stub-policy"); const MEM = process.argv.includes("--mem-log");
if (STUB) { const d = await act.value.policy.decide; let first: unknown; (act.value.policy as { decide: unknown }).decide = async (i: string, l: never) => (first ??= await d.call(act.value.policy, i, l)); }
const parts = { generations: gens, identity: { verify: async () => { throw 1; }, issuers: [] } as never, upstream: { connect: () => conn, retain() {}, close: async () => {} } as never, credentials: { headersFor: async () => ({ ok: true, value: {} }), scrub: (t: string) => t } as never, ledger: memoryLedger({ max_holds: 1e5, max_counters: 1e6 }), budgetsReady: () => true, log: MEM ? ({ append: async () => ({ ok: true, value: { seq: 0 } }), healthy: () => true } as never) : log.value.log, durability: { read: "grouped" as const, other: "always" as const }, masker: keyedMasker(new Uint8Array(32)), meter: createMeter(), clock, ids, logger: silentLogger };
const gw = createGateway(parts as never);
const tokens = Array.from({ length: 200 }, (_, i) => ({ tenant: "default", issuer: ISSUER, subject: `user-${i}`, kind: "user_via_agent" as const, user: { id: `user-${i}`, issuer: ISSUER, email: `u${i}@x`, groups: [`group-${String(i % 50).padStart(2, "0")}`] }, agent: `agent-${String(i % 20).padStart(2, "0")}`, clientId: `agent-${String(i % 20).padStart(2, "0")}`, delegation: [{ subject: "a" }], scopes: [], expiresAt: Date.now() + 1e7 }));
let serial = 0; const ac = new AbortController(); let bad = 0; let sample: unknown;
async function one() { const s = serial++; const m = JSON.parse(callText(s)); const t = tokens[s % 200]!; const a = await gw.callTool({ caller: { token: t, agentId: t.agent, key: "k" } as never, network: { ip: "127.0.0.1", mtls: false }, era: "session", protocolVersion: "2025-11-25", client: { name: "bench", version: "1" }, session: { id: "ses_x", openedAt: Date.now() } }, { tool: m.params.name, args: m.params.arguments, argsText: JSON.stringify(m.params.arguments), signal: ac.signal }); if (a.kind !== "result") { bad++; sample = a; } }
async function round(n: number) { const c0 = process.cpuUsage(), th0 = process.threadCpuUsage(), t0 = performance.now(); let left = n; await Promise.all(Array.from({ length: 16 }, async () => { while (left-- > 0) { await one(); await new Promise<void>((r) => setImmediate(r)); } })); const c = process.cpuUsage(c0), th = process.threadCpuUsage(th0); console.log(`n=${n} bad=${bad} wall ${(((performance.now() - t0) * 1000) / n).toFixed(1)} us/call, process cpu ${((c.user + c.system) / n).toFixed(1)}, main thread ${((th.user + th.system) / n).toFixed(1)}`); }
for (let i = 0; i < 6; i++) await round(15000);
if (bad) console.log(JSON.stringify(sample));
process.exit(0);
