import { z } from "zod";
import { foundText, pathText } from "../../core/mistakes.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { mistakesOf } from "../../core/schema-mistakes.ts";
import type { ServerDefinition } from "../../core/server.ts";
import { type Era, pinOf, type ToolDefinition } from "../../core/tool.ts";
import { AgentIndex } from "./agents.ts";
import { ArgumentChecks, schemaFault } from "./arguments.ts";
import { type BudgetDefinition, type Catalog, type CatalogTool, type RuleName, ruleNames } from "./catalog.ts";
import { type CatalogData, catalogSchema, rolesSchema } from "./schema.ts";
import { serverDefinition } from "./server-definition.ts";

/** What is wrong with a bundle's catalog: where in `data.json`, what was found, what was wanted. */
export interface CatalogMistake {
  readonly path: string;
  readonly found: string;
  readonly wanted: string;
}

/** The part of a bundle's data that makes a catalog. Cases, settings and the author's own data are not looked at. */
const bundleSchema = z.object({
  roles: rolesSchema,
  index: z.record(z.string(), z.array(z.string())),
  catalog: catalogSchema,
});

type BundleData = z.infer<typeof bundleSchema>;

/** Reads the catalog out of a bundle's parsed `data.json`. Everything is checked, every mistake is told, nothing is repaired. */
export function readCatalog(data: unknown): Result<Catalog, readonly CatalogMistake[]> {
  const parsed = bundleSchema.safeParse(data);
  if (!parsed.success)
    return err(mistakesOf(bundleSchema, data, parsed.error.issues).map(({ path, found, wanted }) => ({ path, found, wanted })));
  const mistakes = [...crossMistakes(parsed.data), ...toolMistakes(parsed.data.catalog)];
  return mistakes.length > 0 ? err(mistakes) : ok(new BundleCatalog(parsed.data));
}

function crossMistakes({ catalog, roles, index }: BundleData): CatalogMistake[] {
  const mistakes: CatalogMistake[] = [];
  const wantKey = (table: object, key: string, steps: PropertyKey[], what: string): void => {
    if (!Object.hasOwn(table, key))
      mistakes.push({ path: pathText(steps), found: foundText(key), wanted: `the id of a ${what} of this bundle` });
  };
  for (const [id, server] of Object.entries(catalog.servers)) {
    if (server.replacement !== undefined) wantKey(catalog.servers, server.replacement, ["catalog", "servers", id, "replacement"], "server");
    wantKey(index, id, ["index", id], "server with an index entry");
  }
  for (const id of Object.keys(catalog.tools)) wantKey(catalog.servers, id, ["catalog", "tools", id], "server");
  for (const [id, agent] of Object.entries(catalog.agents)) {
    for (const role of agent.roles) wantKey(roles, role, ["catalog", "agents", id, "roles"], "role");
    for (const role of agent.roles_alone) wantKey(roles, role, ["catalog", "agents", id, "roles_alone"], "role");
  }
  for (const [name, group] of Object.entries(catalog.groups)) {
    for (const role of group.roles) wantKey(roles, role, ["catalog", "groups", name, "roles"], "role");
  }
  wantKey(index, "_none", ["index", "_none"], "list of packages for no server");
  return mistakes;
}

function toolMistakes(catalog: CatalogData): CatalogMistake[] {
  const mistakes: CatalogMistake[] = [];
  for (const [server, tools] of Object.entries(catalog.tools)) {
    const pinned = catalog.servers[server]?.pinned;
    for (const [name, tool] of Object.entries(tools)) {
      const at = (member: string): string => pathText(["catalog", "tools", server, name, member]);
      const { definition } = tool;
      if (definition.name !== name) mistakes.push({ path: at("definition"), found: foundText(definition.name), wanted: foundText(name) });
      if (!isPinOf(tool.pin, definition, pinned)) {
        mistakes.push({ path: at("pin"), found: tool.pin, wanted: "the digest of the definition beside it" });
      }
      const fault = schemaFault(definition.inputSchema);
      if (fault !== undefined) mistakes.push({ path: at("definition"), found: "another input schema", wanted: fault });
    }
  }
  return mistakes;
}

const eras: readonly Era[] = ["session", "stateless"];

/** The era is part of the digest, so a catalog that does not name it is held against both. */
function isPinOf(pin: string, definition: ToolDefinition, pinned: CatalogData["servers"][string]["pinned"]): boolean {
  if (pinned !== undefined) return pinOf(definition, pinned.era, pinned.capabilities) === pin;
  return eras.some((era) => pinOf(definition, era) === pin);
}

const noTools: ReadonlyMap<string, CatalogTool> = new Map();
const everyRule: ReadonlySet<RuleName> = new Set(ruleNames);
const noRoles: readonly string[] = Object.freeze([]);

class BundleCatalog implements Catalog {
  readonly servers: ReadonlyMap<string, ServerDefinition>;
  readonly budgets: ReadonlyMap<string, BudgetDefinition>;
  readonly timezone: string;
  readonly #tools = new Map<string, ReadonlyMap<string, CatalogTool>>();
  readonly #agents: AgentIndex;
  readonly #groups: ReadonlyMap<string, readonly string[]>;
  readonly #rules = new Map<string, ReadonlySet<RuleName>>();
  readonly #workers: ReadonlySet<string>;
  readonly #reads = new Map<string, readonly (readonly string[])[]>();
  /** By the list itself, not its words: a token is verified once and carries the same list on every call. */
  readonly #rolesOf = new WeakMap<readonly string[], readonly string[]>();

  constructor({ catalog, index }: BundleData) {
    const checks = new ArgumentChecks();
    this.servers = new Map(Object.entries(catalog.servers).map(([id, server]) => [id, serverDefinition(id, server)]));
    this.budgets = new Map(Object.entries(catalog.budgets).map(([name, budget]) => [name, budgetOf(name, budget)]));
    this.timezone = catalog.timezone;
    for (const [server, tools] of Object.entries(catalog.tools)) {
      this.#tools.set(server, new Map(Object.entries(tools).map(([name, tool]) => [name, toolOf(server, name, tool, checks)])));
    }
    this.#agents = new AgentIndex(catalog.agents);
    this.#groups = new Map(Object.entries(catalog.groups).map(([name, group]) => [name, group.roles]));
    for (const [server, packages] of Object.entries(index)) this.#rules.set(server, rulesOf(packages, catalog.rules));
    for (const [server, packages] of Object.entries(index)) {
      const told = packages.map((name) => (Object.hasOwn(catalog.reads, name) ? catalog.reads[name] : undefined));
      if (told.every((paths) => paths !== undefined)) this.#reads.set(server, told.flat());
    }
    const nested = new Set(catalog.worker);
    this.#workers = new Set(Object.keys(index).filter((server) => index[server]?.some((name) => nested.has(name))));
  }

  tools(serverId: string): ReadonlyMap<string, CatalogTool> {
    return this.#tools.get(serverId) ?? noTools;
  }

  agentFor(...question: Parameters<Catalog["agentFor"]>): ReturnType<Catalog["agentFor"]> {
    return this.#agents.agentFor(...question);
  }

  rolesOfGroups(groups: readonly string[]): readonly string[] {
    const known = this.#rolesOf.get(groups);
    if (known !== undefined) return known;
    const roles = new Set<string>();
    for (const group of groups) for (const role of this.#groups.get(group) ?? noRoles) roles.add(role);
    const sorted = roles.size === 0 ? noRoles : Object.freeze([...roles].sort());
    this.#rolesOf.set(groups, sorted);
    return sorted;
  }

  rulesFor(serverId: string): ReadonlySet<RuleName> {
    return this.#rules.get(serverId) ?? this.#rules.get("_none") ?? everyRule;
  }

  readsFor(serverId: string): readonly (readonly string[])[] | undefined {
    return this.#reads.get(serverId);
  }

  needsWorker(serverId: string): boolean {
    return this.#workers.has(this.#rules.has(serverId) ? serverId : "_none");
  }
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

function budgetOf(name: string, data: CatalogData["budgets"][string]): BudgetDefinition {
  const { unit, limit, per } = data;
  const { window } = data;
  if (window.kind === "fixed") return { name, unit, limit, window, per };
  const { kind, seconds, burst } = window;
  return { name, unit, limit, window: burst === undefined ? { kind, seconds } : { kind, seconds, burst }, per };
}

/** A package that the bundle says nothing about is taken to declare every rule: then no step is left out for it. */
function rulesOf(packages: readonly string[], declared: CatalogData["rules"]): ReadonlySet<RuleName> {
  const rules = new Set<RuleName>();
  for (const name of packages) {
    for (const rule of Object.hasOwn(declared, name) ? (declared[name] ?? ruleNames) : ruleNames) rules.add(rule);
  }
  return rules;
}
