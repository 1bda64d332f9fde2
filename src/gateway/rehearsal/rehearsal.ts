import { noCapabilities } from "../../core/client.ts";
import type { Decision, Inspection, Reason } from "../../core/decision.ts";
import { maxWidth } from "../../core/json/index.ts";
import type { PrincipalKind, VerifiedToken } from "../../core/principal.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { Catalog } from "../../parts/catalog/index.ts";
import type { Load, Policy } from "../../parts/policy/index.ts";
import { type CallerFacts, callerFacts } from "../caller-facts.ts";
import type { Exchange } from "../gateway.ts";
import { argsDigestOf, commonText, timeTeller } from "../input.ts";
import { visibleOf } from "../lists/index.ts";
import { type EntryTarget, type PromptTarget, type ResourceTarget, type Targets, type ToolTarget, targetsOf } from "../targets/index.ts";

/**
 * A policy asked without a gateway around it: authors ask what would be decided, on exactly the inputs that a gateway
 * writes. Nothing is sent, reserved or recorded.
 */
export interface Rehearsal {
  readonly catalog: Catalog;
  readonly targets: Targets;
  /** The facts that a token of this principal would lead to; or why no token could, in one sentence. */
  caller(asked: RehearsedCaller, now: number): Result<Rehearsed, string>;
  /** The text of `toolgate.input/v1` for one call, read or prompt. */
  callInput(caller: Rehearsed, target: RehearsedTarget, call: RehearsedCall): string;
  /** The same for a list of these targets. */
  listInput(caller: Rehearsed, targets: readonly RehearsedTarget[], now: number): string;
  /** The same for a result. */
  resultInput(caller: Rehearsed, target: RehearsedTarget, call: RehearsedCall, result: RehearsedResult): string;
  /** The same for a principal that connects, at a server's door or at the aggregate. */
  admitInput(caller: Rehearsed, serverId: string | undefined, now: number): string;
  decide(caller: Rehearsed, target: RehearsedTarget, call: RehearsedCall): Promise<Decision>;
  /** For each target, in order, whether it is listed. All of one kind. */
  discover(caller: Rehearsed, targets: readonly RehearsedTarget[], now: number): Promise<readonly boolean[]>;
  inspect(caller: Rehearsed, target: RehearsedTarget, call: RehearsedCall, result: RehearsedResult): Promise<Inspection>;
  admit(caller: Rehearsed, serverId: string | undefined, now: number): Promise<readonly Reason[]>;
}

export type RehearsedTarget = ToolTarget | PromptTarget | ResourceTarget | EntryTarget;

/** Who asks. Whatever is left out is as a token without it would be. */
export interface RehearsedCaller {
  /** Id of a registered agent. */
  readonly agent: string;
  /** With a user by default `user_via_agent`, without one `agent`. */
  readonly kind?: PrincipalKind;
  readonly user?: { readonly id: string; readonly groups: readonly string[]; readonly email?: string; readonly auth?: UserAuth };
  readonly client?: { readonly name: string; readonly version: string };
  readonly request?: Exchange["request"];
  readonly network?: Exchange["network"];
}

type UserAuth = NonNullable<NonNullable<VerifiedToken["user"]>["auth"]>;

/** A caller with what is serialised once for all that it asks. */
export interface Rehearsed {
  readonly facts: CallerFacts;
  readonly exchange: Exchange;
}

export interface RehearsedCall {
  /** Absent for a call without arguments, or with arguments that the schema refuses. */
  readonly args?: unknown;
  /** Unix milliseconds. */
  readonly now: number;
  /** False where the server no longer defines it as approved. */
  readonly pinned?: boolean;
}

/** `result` and `findings` of the input, as a result of a server leads to them. */
export interface RehearsedResult {
  readonly is_error?: boolean;
  readonly bytes?: number;
  readonly content_types?: readonly string[];
  readonly structured?: unknown;
  readonly findings?: Readonly<Record<string, number>>;
}

const methods = { tool: "tools/call", prompt: "prompts/get", resource: "resources/read" } as const;
const listKinds = { tool: "tools", prompt: "prompts", resource: "resources" } as const;
const noLimits = '"limits":{"truncated":[],"omitted":[]}';

/** `environment` and `tenant` are those of the bundle. */
export function rehearse(
  policy: Policy,
  catalog: Catalog,
  { environment, tenant }: { readonly environment: string; readonly tenant: string },
): Rehearsal {
  const targets = targetsOf(catalog, false);
  const time = timeTeller(catalog.timezone);
  const generation = { policy, timeText: time.text };
  const common = ({ exchange, facts }: Rehearsed, now: number) => commonText(exchange, facts, time.text(now), now);
  const about = (target: RehearsedTarget, pinned = true) =>
    `${target.serverText},${pinned ? target.pinnedText : (target.driftedText ?? target.pinnedText)}`;
  const callInput: Rehearsal["callInput"] = (caller, target, { args, now, pinned }) =>
    `{"phase":"call","method":"${methods[target.kind]}",${common(caller, now)},${about(target, pinned)}${argsText(args)},${noLimits}}`;
  const resultInput: Rehearsal["resultInput"] = (caller, target, { args, now }, { findings = {}, ...result }) => {
    const facts = { is_error: false, bytes: 0, content_types: [], ...result };
    const told = `"findings":${JSON.stringify(findings)},"result":${JSON.stringify(facts)}`;
    return `{"phase":"result","method":"${methods[target.kind]}",${common(caller, now)},${about(target)}${argsText(args)},${told},${noLimits}}`;
  };
  const admitInput: Rehearsal["admitInput"] = (caller, serverId = "_none", now) =>
    `{"phase":"admit","method":"admit",${common(caller, now)},"server":${JSON.stringify({ id: serverId })},${noLimits}}`;
  return {
    catalog,
    targets,
    caller: (asked, now) => callerOf(asked, catalog, { environment, tenant }, now),
    callInput,
    listInput: (caller, listed, now) => {
      const items = listed.map((target) => `{${about(target)}}`).join(",");
      const kind = listKinds[listed[0]?.kind ?? "tool"];
      return `{"phase":"discover","method":"${kind}/list",${common(caller, now)},"items":[${items}],${noLimits}}`;
    },
    resultInput,
    admitInput,
    decide: (caller, target, call) => policy.decide(callInput(caller, target, call), loadOf(caller, target, call.args)),
    async discover(caller, listed, now) {
      const kind = listKinds[listed[0]?.kind ?? "tool"];
      const visible = new Set(await visibleOf(caller.exchange, generation, caller.facts, kind, listed, now));
      return listed.map((target) => visible.has(target));
    },
    inspect: (caller, target, call, result) =>
      policy.inspect(resultInput(caller, target, call, result), loadOf(caller, target, { args: call.args, result })),
    admit: (caller, serverId, now) => policy.admit(admitInput(caller, serverId, now), { widest: caller.facts.widest, nested: false }),
  };
}

function argsText(args: unknown): string {
  if (args === undefined) return "";
  const text = JSON.stringify(args);
  return `,"args":${text},"args_digest":"${argsDigestOf(text)}"`;
}

function loadOf({ facts }: Rehearsed, { nested }: RehearsedTarget, value: unknown): Load {
  return { widest: Math.max(facts.widest, maxWidth(value)), nested };
}

/** The issuer of people that no token brought here. */
const ISSUER = "https://issuer.example";

function callerOf(
  asked: RehearsedCaller,
  catalog: Catalog,
  { environment, tenant }: { readonly environment: string; readonly tenant: string },
  now: number,
): Result<Rehearsed, string> {
  const agent = catalog.agents.get(asked.agent);
  if (agent === undefined) return err(`there is no agent "${asked.agent}"`);
  const { user } = asked;
  const kind = asked.kind ?? (user === undefined ? "agent" : "user_via_agent");
  if ((kind === "user_via_agent") !== (user !== undefined)) return err(`a principal of kind "${kind}" ${user ? "has no" : "needs a"} user`);
  if (agent.status !== "active") return err(`the agent "${agent.id}" is ${agent.status}`);
  if (agent.expiresAt !== undefined && agent.expiresAt <= now) return err(`the agent "${agent.id}" expired`);
  if (!agent.modes.includes(kind)) return err(`the agent "${agent.id}" may not act as "${kind}"; its modes are ${agent.modes.join(", ")}`);
  const token: VerifiedToken = {
    tenant,
    issuer: ISSUER,
    subject: user?.id ?? agent.id,
    kind,
    ...(user && { user: { issuer: ISSUER, ...user } }),
    agent: agent.id,
    clientId: agent.id,
    delegation: [],
    scopes: [],
    expiresAt: Number.MAX_SAFE_INTEGER,
  };
  const exchange: Exchange = {
    caller: { token, agentId: agent.id, key: "" },
    network: asked.network ?? { ip: "127.0.0.1", mtls: false },
    era: "stateless",
    protocolVersion: "",
    client: asked.client ?? { name: "", version: "" },
    capabilities: noCapabilities,
    ...(asked.request && { request: asked.request }),
  };
  return ok({ facts: callerFacts(token, agent, catalog, environment, now), exchange });
}
