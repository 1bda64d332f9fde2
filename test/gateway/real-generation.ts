import { workbenchOf } from "../../src/authoring/workbench/index.ts";
import { noCapabilities } from "../../src/core/client.ts";
import { sha256 } from "../../src/core/digest.ts";
import { randomIds } from "../../src/core/ids.ts";
import { aim } from "../../src/gateway/aim.ts";
import type { AimedCall, Call, JudgedCall } from "../../src/gateway/call.ts";
import { type Generation, generationOf } from "../../src/gateway/generation.ts";
import type { Exchange } from "../../src/gateway/index.ts";
import { hostReason } from "../../src/gateway/refusal.ts";
import { dataFile, defaultBundleLimits, readBundle, readJsonFile, wasmFile } from "../../src/parts/bundle/index.ts";
import { lightLoad } from "../../src/parts/policy/index.ts";
import { type Company, environment, issuer, unsignedBundle } from "../support/gate.ts";

/** A generation of a company's real bundle, without a gateway around it. Close its policy when done. */
export async function realGeneration(company: Company): Promise<Generation> {
  const bytes = await unsignedBundle(company);
  const [opened, contents] = [await workbenchOf("test", bytes), await readBundle(bytes, defaultBundleLimits)];
  if (!opened.ok || !contents.ok) throw new Error("the company's bundle cannot be read");
  const data = readJsonFile(contents.value, dataFile);
  if (!data.ok) throw new Error(data.error.detail);
  const { policy, rehearsal } = opened.value;
  const identity = { name: "test", revision: "1", sequence: 1, digest: sha256(bytes), signer: "nobody" };
  return generationOf(
    {
      ...{ identity, tenant: "default", environment, expiresAt: Number.POSITIVE_INFINITY, onExpiry: "deny_all", maxDecideMs: 1000 },
      ...{ wasm: contents.value.files.get(wasmFile) ?? new Uint8Array(), data: data.value as Record<string, unknown>, modules: [] },
    },
    policy,
    rehearsal.catalog,
  );
}

/** One request; what is left out is ann's, of the staff, through desk-bot. */
export interface Asking {
  readonly tool: string;
  readonly args?: unknown;
  readonly now?: number;
  readonly agent?: string;
  readonly user?: string | undefined;
  readonly groups?: readonly string[];
  readonly client?: string;
  readonly intent?: string | undefined;
  readonly ip?: string;
  /** When the session was opened, where there is one. */
  readonly opened?: number | undefined;
}

const ids = randomIds();

/** The call as it would be judged, with every fact and the text of its input. Nothing behind it is asked. */
export function aimedCall(generation: Generation, asking: Asking): AimedCall {
  const {
    tool,
    args,
    now = Date.UTC(2026, 2, 1, 12),
    agent = "desk-bot",
    groups = ["staff"],
    client = "mine",
    intent,
    ip = "192.0.2.1",
  } = asking;
  const user = "user" in asking ? asking.user : "ann";
  const token = {
    ...{ tenant: "default", issuer, subject: user ?? agent, agent, clientId: agent, delegation: [], scopes: [] },
    ...(user === undefined ? { kind: "agent" as const } : { kind: "user_via_agent" as const, user: { id: user, issuer, groups } }),
    expiresAt: Number.POSITIVE_INFINITY,
  };
  const caller = generation.callerOf(token, now);
  if (!caller.ok) throw new Error(caller.error.code);
  const exchange: Exchange = {
    ...{ caller: { token, agentId: agent, key: "" }, network: { ip, mtls: false }, era: "session", protocolVersion: "2025-11-25" },
    ...{ serverId: tool.slice(0, tool.indexOf(".")), capabilities: noCapabilities, client: { name: client, version: "1" } },
    ...(asking.opened === undefined ? {} : { session: { id: "ses_1", openedAt: asking.opened } }),
    ...(intent === undefined ? {} : { request: { intent } }),
  };
  const asked = { method: "tools/call", name: tool, args: args as Record<string, unknown> | undefined } as const;
  const request = { asked, signal: new AbortController().signal };
  const call: Call = { parts: {} as Call["parts"], exchange, request, generation, caller: caller.value, id: ids.decision(now), now };
  const target = generation.targets.tools.get(tool);
  if (target === undefined) throw new Error(`no tool "${tool}"`);
  return aim(call, target, { unavailable: hostReason("upstream.unavailable") });
}

/** The same, judged. */
export async function judgedCall(generation: Generation, asking: Asking): Promise<JudgedCall> {
  const call = aimedCall(generation, asking);
  const decision = await generation.policy.decide(call.inputText, lightLoad);
  return { ...call, decision, remembered: false, recordedInput: call.inputText, recordedUri: undefined };
}
