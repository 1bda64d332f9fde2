import { isInUse, type ServerDefinition } from "../../core/server.ts";
import type { ResourceUri } from "../../core/uri.ts";
import { AgentIndex, rolesOfAgent } from "./agents.ts";
import { ArgumentChecks } from "./arguments.ts";
import {
  type BudgetDefinition,
  type Catalog,
  type CatalogPrompt,
  type CatalogResource,
  type CatalogTool,
  type RuleName,
  ruleNames,
} from "./catalog.ts";
import { type HeldRole, heldRoles, type RolesNow, rolesAt } from "./held-roles.ts";
import { templatePaths } from "./obliged.ts";
import { OperatorTable } from "./operators.ts";
import type { Resources } from "./read-resources.ts";
import { ResourceIndex } from "./resource-index.ts";
import type { BundleData, CatalogData } from "./schema.ts";
import { serverDefinition } from "./server-definition.ts";

type Reads = ReturnType<Catalog["readsFor"]>;

const noTools: ReadonlyMap<string, CatalogTool> = new Map();
const noPrompts: ReadonlyMap<string, CatalogPrompt> = new Map();
const noResources: ReadonlyMap<string, CatalogResource> = new Map();
const everyRule: ReadonlySet<RuleName> = new Set(ruleNames);

/** A catalog over data that was checked already. */
export class BundleCatalog implements Catalog {
  readonly servers: ReadonlyMap<string, ServerDefinition>;
  readonly budgets: ReadonlyMap<string, BudgetDefinition>;
  readonly timezone: string;
  readonly #tools = new Map<string, ReadonlyMap<string, CatalogTool>>();
  readonly #prompts: ReadonlyMap<string, ReadonlyMap<string, CatalogPrompt>>;
  readonly #resources: Resources;
  /** By server, and over all servers that are in use. */
  readonly #uris = new Map<string, ResourceIndex>();
  readonly #owners: ResourceIndex;
  readonly #agents: AgentIndex;
  readonly #operators: OperatorTable;
  readonly groups: ReadonlyMap<string, readonly HeldRole[]>;
  readonly ends: readonly number[];
  readonly #rules = new Map<string, ReadonlySet<RuleName>>();
  readonly #workers: ReadonlySet<string>;
  readonly #readsOf: (server: string, kind: string) => Reads;
  readonly #reads = new Map<string, Reads>();
  /** By the list itself, not its words: a token is verified once and carries the same list on every call. */
  readonly #rolesOf = new WeakMap<readonly string[], RolesNow>();

  constructor({ catalog, index, index_kinds: kinds, obliged }: BundleData, resources: Resources) {
    const checks = new ArgumentChecks();
    this.servers = new Map(Object.entries(catalog.servers).map(([id, server]) => [id, serverDefinition(id, server)]));
    this.budgets = new Map(Object.entries(catalog.budgets).map(([name, budget]) => [name, budgetOf(name, budget)]));
    this.timezone = catalog.timezone;
    for (const [server, tools] of Object.entries(catalog.tools)) {
      this.#tools.set(server, new Map(Object.entries(tools).map(([name, tool]) => [name, toolOf(server, name, tool, checks)])));
    }
    this.#prompts = promptsOf(catalog.prompts);
    this.#resources = resources;
    for (const [server, entries] of resources) this.#uris.set(server, new ResourceIndex(entries.values()));
    const inUse = [...this.servers.values()].filter(isInUse);
    this.#owners = new ResourceIndex(inUse.flatMap(({ id }) => [...this.resources(id).values()]));
    this.#agents = new AgentIndex(catalog.agents);
    this.#operators = new OperatorTable(catalog.operators ?? {});
    this.groups = new Map(Object.entries(catalog.groups).map(([name, group]) => [name, heldRoles(group.roles)]));
    this.ends = endsOf(this.#agents.byId, this.groups);
    for (const [server, packages] of Object.entries(index)) this.#rules.set(server, rulesOf(packages, catalog.rules));
    this.#readsOf = (server, kind) => {
      const packages = Object.hasOwn(index, server) ? index[server] : undefined;
      const asked = packages?.filter((name) => decides(kind, Object.hasOwn(kinds, name) ? kinds[name] : undefined));
      const told = asked?.map((name) => (Object.hasOwn(catalog.reads, name) ? catalog.reads[name] : undefined));
      const costs = templatePaths(Object.hasOwn(obliged, server) ? obliged[server] : undefined, kind);
      return told?.every((paths) => paths !== undefined) === true ? [...told.flat(), ...costs] : undefined;
    };
    const nested = new Set(catalog.worker);
    this.#workers = new Set(Object.keys(index).filter((server) => index[server]?.some((name) => nested.has(name))));
  }

  tools(serverId: string): ReadonlyMap<string, CatalogTool> {
    return this.#tools.get(serverId) ?? noTools;
  }

  prompts(serverId: string): ReadonlyMap<string, CatalogPrompt> {
    return this.#prompts.get(serverId) ?? noPrompts;
  }

  resources(serverId: string): ReadonlyMap<string, CatalogResource> {
    return this.#resources.get(serverId) ?? noResources;
  }

  resourceFor(serverId: string, uri: ResourceUri): CatalogResource | undefined {
    return this.#uris.get(serverId)?.nearest(uri.text)[0];
  }

  ownerOf(uri: ResourceUri): CatalogResource | undefined {
    const nearest = this.#owners.nearest(uri.text);
    const [first] = nearest;
    return nearest.every((entry) => entry.server === first?.server) ? first : undefined;
  }

  get agents(): Catalog["agents"] {
    return this.#agents.byId;
  }

  agentFor(...question: Parameters<Catalog["agentFor"]>): ReturnType<Catalog["agentFor"]> {
    return this.#agents.agentFor(...question);
  }

  operatorFor(...question: Parameters<Catalog["operatorFor"]>): ReturnType<Catalog["operatorFor"]> {
    return this.#operators.operatorFor(...question);
  }

  rolesOfAgent(...question: Parameters<Catalog["rolesOfAgent"]>): RolesNow {
    return rolesOfAgent(...question);
  }

  rolesOfGroups(groups: readonly string[], now: number): RolesNow {
    const known = this.#rolesOf.get(groups);
    if (known !== undefined && now < known.until) return known;
    const held = groups.flatMap((group) => this.groups.get(group) ?? []);
    const roles = rolesAt(held, now);
    this.#rolesOf.set(groups, roles);
    return roles;
  }

  rulesFor(serverId: string): ReadonlySet<RuleName> {
    return this.#rules.get(serverId) ?? this.#rules.get("_none") ?? everyRule;
  }

  readsFor(serverId: string, kind = "tool"): Reads {
    const key = `${serverId} ${kind}`;
    if (!this.#reads.has(key)) this.#reads.set(key, this.#readsOf(serverId, kind));
    return this.#reads.get(key);
  }

  needsWorker(serverId: string): boolean {
    return this.#workers.has(this.#rules.has(serverId) ? serverId : "_none");
  }
}

/** Only what ends at all: 100 000 agents without an end cost one pass and no memory. */
function endsOf(agents: Catalog["agents"], groups: Catalog["groups"]): readonly number[] {
  const ends = new Set<number>();
  const add = (end: number | undefined): void => {
    if (end !== undefined) ends.add(end);
  };
  for (const agent of agents.values()) {
    add(agent.expiresAt);
    for (const { until } of agent.roles) add(until);
    for (const { until } of agent.rolesAlone) add(until);
  }
  for (const roles of groups.values()) for (const { until } of roles) add(until);
  return [...ends].sort((a, b) => a - b);
}

function toolOf(server: string, name: string, data: CatalogData["tools"][string][string], checks: ArgumentChecks): CatalogTool {
  return {
    server,
    name,
    pin: data.pin,
    definition: data.definition,
    risk: data.risk,
    effects: data.effects,
    dataClasses: data.data_classes,
    idempotent: data.idempotent,
    ...(data.timeout_ms === undefined ? {} : { timeoutMs: data.timeout_ms }),
    validate: checks.checkFor(data.definition.inputSchema),
  };
}

function promptsOf(prompts: CatalogData["prompts"]): ReadonlyMap<string, ReadonlyMap<string, CatalogPrompt>> {
  return new Map(
    Object.entries(prompts).map(([server, ofServer]) => {
      const entries = Object.entries(ofServer).map(([name, { pin, definition, data_classes: dataClasses }]) => {
        return [name, { server, name, pin, definition, dataClasses }] as const;
      });
      return [server, new Map(entries)] as const;
    }),
  );
}

function budgetOf(name: string, data: CatalogData["budgets"][string]): BudgetDefinition {
  const { unit, limit, per } = data;
  const { window } = data;
  if (window.kind === "fixed") return { name, unit, limit, window, per };
  const { kind, seconds, burst } = window;
  return { name, unit, limit, window: burst === undefined ? { kind, seconds } : { kind, seconds, burst }, per };
}

/** What is denied to a principal that connects is denied to each of its calls, so packages for admission count too. */
function decides(kind: string, kinds: readonly string[] | undefined): boolean {
  return kinds === undefined || kinds.includes(kind) || kinds.includes("admit");
}

/** A package that the bundle says nothing about is taken to declare every rule: then no step is left out for it. */
function rulesOf(packages: readonly string[], declared: CatalogData["rules"]): ReadonlySet<RuleName> {
  const rules = new Set<RuleName>();
  for (const name of packages) {
    for (const rule of Object.hasOwn(declared, name) ? (declared[name] ?? ruleNames) : ruleNames) rules.add(rule);
  }
  return rules;
}
