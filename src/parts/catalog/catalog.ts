import type { Digest } from "../../core/digest.ts";
import type { VerifiedToken } from "../../core/principal.ts";
import type { Result } from "../../core/result.ts";
import type { ServerDefinition } from "../../core/server.ts";
import type { PromptDefinition, TemplateDefinition, ToolDefinition } from "../../core/tool.ts";
import type { ResourceUri } from "../../core/uri.ts";
import type { HeldRole, RolesNow } from "./held-roles.ts";
import type { CatalogOperator, OperatorRefusal } from "./operators.ts";

/** The approved servers, tools and agents of one bundle. Immutable; look-ups cost the same whatever its size. */
export interface Catalog {
  readonly servers: ReadonlyMap<string, ServerDefinition>;
  /** Approved tools of a server by the server's own name for them, in catalog order. */
  tools(serverId: string): ReadonlyMap<string, CatalogTool>;
  /** Approved prompts of a server by the server's own name for them. */
  prompts(serverId: string): ReadonlyMap<string, CatalogPrompt>;
  /** Approved kinds of resources of a server by entry id. */
  resources(serverId: string): ReadonlyMap<string, CatalogResource>;
  /** The entry of this server that a URI belongs to: of several the one with the longest literal beginning, then the first. */
  resourceFor(serverId: string, uri: ResourceUri): CatalogResource | undefined;
  /** The server that owns a URI, by the same rule over all servers in use; none where two servers claim it alike. */
  ownerOf(uri: ResourceUri): CatalogResource | undefined;
  /** Every registered agent by its id. */
  readonly agents: ReadonlyMap<string, CatalogAgent>;
  /** Roles of each group that the company's table knows, those that ended too. */
  readonly groups: ReadonlyMap<string, readonly HeldRole[]>;
  /** The registered agent that this token belongs to. */
  agentFor(token: VerifiedToken, now: number): Result<CatalogAgent, AgentRefusal>;
  /** Whom the table of operators takes the bearer of this token for, at this instant. */
  operatorFor(token: VerifiedToken, now: number): Result<CatalogOperator, OperatorRefusal>;
  /** Roles that count for this agent at this instant; `alone` without a user. */
  rolesOfAgent(agent: CatalogAgent, alone: boolean, now: number): RolesNow;
  /** Roles that the company's group table gives to these groups at this instant. */
  rolesOfGroups(groups: readonly string[], now: number): RolesNow;
  /** Every instant at which an agent or a role of somebody ends, in Unix milliseconds, ascending. */
  readonly ends: readonly number[];
  readonly budgets: ReadonlyMap<string, BudgetDefinition>;
  /** Rule names (permit, deny, … mask) that the packages serving this server declare; `_none` for no server. */
  rulesFor(serverId: string): ReadonlySet<RuleName>;
  /** Whether a package serving this server iterates in a nested way and must be evaluated in a worker. */
  needsWorker(serverId: string): boolean;
  /**
   * Every input path that decides about a target of this server, by default about a tool: of packages for this kind and for
   * admission. `undefined` where that cannot be told.
   */
  readsFor(serverId: string, kind?: string): readonly (readonly string[])[] | undefined;
  /** IANA zone in which `input.time.hour` and `weekday` are told. */
  readonly timezone: string;
}

export const ruleNames = ["permit", "deny", "constrain", "oblige", "redact", "withhold", "mask"] as const;
export type RuleName = (typeof ruleNames)[number];

export interface CatalogTool {
  readonly server: string;
  readonly name: string;
  readonly pin: Digest;
  readonly definition: ToolDefinition;
  readonly risk: "low" | "medium" | "high" | "critical";
  readonly effects: readonly Effect[];
  readonly dataClasses: readonly string[];
  readonly idempotent: boolean;
  readonly timeoutMs?: number;
  /** Checks arguments against the pinned input schema; compiled once. Returns the mistakes, at most five, each with its path. */
  readonly validate: (args: unknown) => readonly string[];
}

export interface CatalogPrompt {
  readonly server: string;
  readonly name: string;
  readonly pin: Digest;
  readonly definition: PromptDefinition;
  readonly dataClasses: readonly string[];
}

/** An entry of resources.yaml: URIs by a pattern, or a template of the server with its pin. */
export interface CatalogResource {
  readonly server: string;
  readonly entry: string;
  /** Up to the first wildcard or expression, normalised. */
  readonly literal: string;
  /** Whether a normalised URI is one of these. */
  readonly fits: (uri: string) => boolean;
  readonly dataClasses: readonly string[];
  readonly template?: { readonly definition: TemplateDefinition; readonly pin: Digest };
}

export type Effect = "read" | "write" | "delete" | "execute" | "send" | "pay";

export interface CatalogAgent {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly team?: string;
  readonly environment: string;
  readonly surface?: string;
  readonly status: "active" | "suspended" | "retired";
  readonly modes: readonly ("user_via_agent" | "agent" | "workload")[];
  /** Those that ended too: what counts at an instant, `rolesOfAgent` says. */
  readonly roles: readonly HeldRole[];
  /** Roles when it acts without a user. */
  readonly rolesAlone: readonly HeldRole[];
  /** Unix milliseconds. */
  readonly expiresAt?: number;
}

export type AgentRefusal =
  | { readonly code: "agent.unregistered" }
  | { readonly code: "agent.ambiguous"; readonly agents: readonly string[] }
  | { readonly code: "agent.inactive"; readonly agent: string }
  | { readonly code: "agent.expired"; readonly agent: string }
  | { readonly code: "agent.mode_not_allowed"; readonly agent: string; readonly mode: string };

/** A budget as the bundle states it. Integers in the budget's unit. */
export interface BudgetDefinition {
  readonly name: string;
  readonly unit: "calls" | "bytes";
  readonly limit: number;
  readonly window:
    | { readonly kind: "fixed"; readonly seconds: number }
    | { readonly kind: "rolling"; readonly seconds: number; readonly burst?: number };
  /** Dimensions whose values make the counter's key, in this order. */
  readonly per: readonly ("tenant" | "team" | "agent" | "user" | "tool" | "server")[];
}
