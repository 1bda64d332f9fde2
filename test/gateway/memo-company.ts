import { workbenchOf } from "../../src/authoring/workbench/index.ts";
import { noCapabilities } from "../../src/core/client.ts";
import { randomIds } from "../../src/core/ids.ts";
import { aim } from "../../src/gateway/aim.ts";
import type { Call } from "../../src/gateway/call.ts";
import { type Generation, generationOf } from "../../src/gateway/generation.ts";
import type { Parts } from "../../src/gateway/index.ts";
import { hostReason } from "../../src/gateway/refusal.ts";
import type { VerifiedBundle } from "../../src/parts/bundle/index.ts";
import { lightLoad } from "../../src/parts/policy/index.ts";
import { type Company, environment, issuer, unsignedBundle } from "../support/gate.ts";

/** One company with a server for each package, asked as a call would ask: by the memo's key and by the evaluator. */
export interface Remembering {
  ask(server: string, request: Request): Promise<{ readonly key: string | undefined; readonly decided: string }>;
  close(): Promise<void>;
}

export interface Request {
  readonly args: unknown;
  readonly now: number;
  readonly groups: readonly string[];
  readonly user: string | undefined;
  readonly client: string;
  readonly intent: string | undefined;
  readonly ip: string;
  /** When the session was opened, where there is one. */
  readonly opened: number | undefined;
  readonly pinned: boolean;
  readonly tool: string;
}

const inputSchema = {
  type: "object",
  properties: {
    amount: { type: "number" },
    who: { type: "string" },
    tags: { type: "array", items: { type: "string" } },
    more: {
      type: "object",
      properties: { deep: { type: "object", properties: { amount: { type: "number" } }, required: ["amount"] } },
      required: ["deep"],
    },
  },
  required: ["amount", "who", "tags", "more"],
};

function companyOf(packages: Readonly<Record<string, string>>): Company {
  const order = {
    definition: { inputSchema },
    facts: { sample: { args: { amount: 1, who: "eve", tags: [], more: { deep: { amount: 1 } } } } },
  };
  const names = Object.keys(packages);
  return {
    servers: Object.fromEntries(names.map((name) => [name, { tools: { order, look: {} } }])),
    groups: { staff: { roles: ["all"] }, guests: { roles: ["all"] } },
    budgets: { spend: { unit: "calls", limit: 1_000_000, window: { kind: "fixed", seconds: 86_400 }, per: ["user"] } },
    policies: Object.fromEntries(names.map((name) => [name, `# servers: [${name}]\n${packages[name] ?? ""}`])),
  };
}

export async function openWorkbenchOf(packages: Readonly<Record<string, string>>): Promise<Remembering> {
  const opened = await workbenchOf("memo", await unsignedBundle(companyOf(packages)));
  if (!opened.ok) throw new Error(JSON.stringify(opened.error));
  const { policy, rehearsal, close } = opened.value;
  const identity = { name: "memo", revision: "1", sequence: 1, digest: "sha256:0", signer: "" } as const;
  const bundle: VerifiedBundle = {
    ...{ identity, tenant: "default", environment, expiresAt: Number.POSITIVE_INFINITY, onExpiry: "deny_all", maxDecideMs: 50 },
    ...{ wasm: new Uint8Array(), data: {}, modules: [] },
  };
  const generation = generationOf(bundle, policy, rehearsal.catalog);
  return {
    async ask(server, request) {
      const call = aimedCall(generation, server, request);
      const decision = await policy.decide(call.inputText, lightLoad);
      return { key: generation.memo.keyOf(call), decided: JSON.stringify(decision) };
    },
    close,
  };
}

const ids = randomIds();

function aimedCall(generation: Generation, server: string, request: Request) {
  const { args, now, groups, user, client, intent, ip, opened, tool } = request;
  const caller = {
    token: {
      ...{ tenant: "default", issuer, subject: user ?? "desk-bot", agent: "desk-bot", clientId: "desk-bot", delegation: [], scopes: [] },
      ...(user === undefined ? { kind: "agent" as const } : { kind: "user_via_agent" as const, user: { id: user, issuer, groups } }),
      expiresAt: Number.POSITIVE_INFINITY,
    },
    agentId: "desk-bot",
    key: "",
  };
  const facts = generation.callerOf(caller.token, now);
  if (!facts.ok) throw new Error(facts.error.code);
  const call: Call = {
    parts: {} as Parts & Call["parts"],
    exchange: {
      ...{
        caller,
        network: { ip, mtls: false },
        era: "session",
        protocolVersion: "2025-11-25",
        serverId: server,
        capabilities: noCapabilities,
      },
      client: { name: client, version: "1" },
      ...(opened === undefined ? {} : { session: { id: "ses_1", openedAt: opened } }),
      ...(intent === undefined ? {} : { request: { intent } }),
    },
    request: {
      asked: { method: "tools/call", name: tool, args: args as Record<string, unknown> | undefined },
      signal: new AbortController().signal,
    },
    generation,
    caller: facts.value,
    id: ids.decision(now),
    now,
  };
  const target = generation.targets.tools.get(`${server}.${tool}`);
  if (target === undefined) throw new Error(`no tool "${server}.${tool}"`);
  return aim(call, target, { unavailable: hostReason("upstream.unavailable") });
}
