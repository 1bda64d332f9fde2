import type { VerifiedToken } from "../core/principal.ts";
import type { Result } from "../core/result.ts";
import type { ServerDefinition } from "../core/server.ts";
import type { ToolDefinition } from "../core/tool.ts";
import type { VerifiedBundle } from "../parts/bundle/index.ts";
import type { AgentRefusal, Catalog, CatalogTool } from "../parts/catalog/index.ts";
import type { Policy } from "../parts/policy/index.ts";
import { type ParamHeader, paramHeaders } from "../parts/upstream/index.ts";
import { type CallerFacts, callerFacts, escapeKey } from "./caller-facts.ts";
import { serverText, timeTeller, toolText, type WallClock } from "./input.ts";
import { createMemo, type DecisionMemo, type MemoPlan, memoPlan } from "./memo.ts";

/** One activated bundle with its policy and catalog. Immutable, and pinned for the life of a request. */
export interface Generation {
  readonly bundle: VerifiedBundle;
  readonly policy: Policy;
  readonly catalog: Catalog;
  readonly memo: DecisionMemo;
  /** `"bundle":{…}` as records name it, serialised once. */
  readonly bundleText: string;
  /** Every catalogued tool by `<server>.<tool>`. */
  readonly targets: ReadonlyMap<string, Target>;
  /** The same, by server. */
  readonly targetsOf: ReadonlyMap<string, readonly Target[]>;
  /** `"time":{…}` of the input, told in the bundle's time zone. */
  timeText(now: number): string;
  wallClock(now: number): WallClock;
  /** What the input says about the bearer of this token; computed once per token. */
  callerOf(token: VerifiedToken, now: number): Result<CallerFacts, AgentRefusal>;
}

/** A catalogued tool with everything about it that a request would otherwise serialise again. */
export interface Target {
  /** `<server>.<tool>`, the name in policy. */
  readonly id: string;
  /** The same, as it stands in the key of a counter. */
  readonly escapedId: string;
  readonly server: ServerDefinition;
  readonly tool: CatalogTool;
  /** `<server>__<tool>`; absent where that is no valid tool name. */
  readonly aggregateName?: string;
  readonly serverText: string;
  readonly pinnedText: string;
  readonly driftedText: string;
  /** The definition under the server's own name and under the aggregate's. */
  readonly definitionText: string;
  readonly aggregateText: string;
  /** Arguments that a message of the stateless era repeats in its headers. */
  readonly repeated: readonly ParamHeader[];
  readonly rules: ReadonlySet<string>;
  readonly nested: boolean;
  /** What a decision about it depends on; absent where it must be judged anew each time. */
  readonly memoPlan: MemoPlan | undefined;
  /** Only reads: a lost record of it loses no act. */
  readonly readOnly: boolean;
}

const toolNameForm = /^[A-Za-z0-9_.-]{1,128}$/;

/** `remember`: whether decisions may be remembered where the bundle allows it. */
export function generationOf(bundle: VerifiedBundle, policy: Policy, catalog: Catalog, remember = true): Generation {
  const targets = new Map<string, Target>();
  const targetsOf = new Map<string, readonly Target[]>();
  for (const server of catalog.servers.values()) {
    const own = [...catalog.tools(server.id).values()].map((tool) => targetOf(catalog, server, tool, remember));
    targetsOf.set(server.id, own);
    for (const target of own) targets.set(target.id, target);
  }
  const time = timeTeller(catalog.timezone);
  const callers = new WeakMap<VerifiedToken, CallerFacts>();
  return {
    bundle,
    policy,
    catalog,
    memo: createMemo(),
    bundleText: `"bundle":${JSON.stringify(bundle.identity)}`,
    targets,
    targetsOf,
    timeText: time.text,
    wallClock: time.wallClock,
    callerOf(token, now) {
      const known = callers.get(token);
      if (known && (known.agent.expiresAt === undefined || known.agent.expiresAt > now)) return { ok: true, value: known };
      const agent = catalog.agentFor(token, now);
      if (!agent.ok) return agent;
      const facts = callerFacts(token, agent.value, catalog, bundle.environment);
      callers.set(token, facts);
      return { ok: true, value: facts };
    },
  };
}

function targetOf(catalog: Catalog, server: ServerDefinition, tool: CatalogTool, remember: boolean): Target {
  const name = `${server.id}__${tool.name}`;
  return {
    id: `${server.id}.${tool.name}`,
    escapedId: escapeKey(`${server.id}.${tool.name}`),
    server,
    tool,
    ...(toolNameForm.test(name) ? { aggregateName: name } : {}),
    serverText: serverText(server),
    pinnedText: toolText(tool, true),
    driftedText: toolText(tool, false),
    definitionText: JSON.stringify(tool.definition),
    aggregateText: JSON.stringify(renamed(tool.definition, name)),
    // A declaration against the specification is one that no client follows.
    repeated: paramHeaders(tool.definition.inputSchema) ?? [],
    rules: catalog.rulesFor(server.id),
    nested: catalog.needsWorker(server.id),
    memoPlan: remember ? memoPlan(catalog.readsFor(server.id)) : undefined,
    readOnly: tool.effects.length > 0 && tool.effects.every((effect) => effect === "read"),
  };
}

/** The definition under another name, its members in their order. */
export function renamed(definition: ToolDefinition, name: string): ToolDefinition {
  return { ...definition, name };
}
