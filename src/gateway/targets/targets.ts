import { isInUse, type ServerDefinition } from "../../core/server.ts";
import type { ResourceUri } from "../../core/uri.ts";
import type { Catalog, CatalogResource } from "../../parts/catalog/index.ts";
import type { Listing } from "../../parts/upstream/index.ts";
import { memoPlan } from "../memo.ts";
import { liveResources } from "./live-resources.ts";
import { entryTarget, extensionTarget, promptTarget, resourceTarget, serverFacts, toolTarget } from "./make-targets.ts";
import type { EntryTarget, ExtensionTarget, PromptTarget, ResourceTarget, ToolTarget } from "./target.ts";

/** Everything of one generation that can be aimed at, serialised once. */
export interface Targets {
  /** By `<server>.<name>`. */
  readonly tools: ReadonlyMap<string, ToolTarget>;
  readonly prompts: ReadonlyMap<string, PromptTarget>;
  /** In catalog order. */
  readonly byServer: ReadonlyMap<string, ServerTargets>;
  /** A resource by its URI, at a server's door or, without one, at the aggregate. */
  resource(serverId: string | undefined, uri: ResourceUri): ResourceTarget | undefined;
  /** A template by its text; at the aggregate only where no two servers in use have it. */
  template(serverId: string | undefined, uriTemplate: string): EntryTarget | undefined;
  /** The approved ones among the resources that a server lists now. */
  listed(server: ServerTargets, listing: Listing, aggregate: boolean): readonly ListedResource[];
}

export interface ServerTargets {
  readonly server: ServerDefinition;
  readonly tools: readonly ToolTarget[];
  readonly prompts: readonly PromptTarget[];
  readonly entries: ReadonlyMap<string, EntryTarget>;
  /** Requests of its extensions, by method. */
  readonly methods: ReadonlyMap<string, ExtensionTarget>;
}

export interface ListedResource extends ResourceTarget {
  readonly definitionText: string;
}

/** `remember`: whether decisions may be remembered where the bundle allows it. */
export function targetsOf(catalog: Catalog, remember: boolean): Targets {
  const tools = new Map<string, ToolTarget>();
  const prompts = new Map<string, PromptTarget>();
  const byServer = new Map<string, ServerTargets>();
  for (const server of catalog.servers.values()) {
    const own = serverTargets(catalog, server, remember);
    byServer.set(server.id, own);
    for (const target of own.tools) tools.set(target.id, target);
    for (const target of own.prompts) prompts.set(target.id, target);
  }
  const templates = templateIndex(byServer.values());
  const entryOf = (found: CatalogResource | undefined) => found && byServer.get(found.server)?.entries.get(found.entry);
  const ownerFor = (serverId: string | undefined, uri: ResourceUri) =>
    entryOf(serverId === undefined ? catalog.ownerOf(uri) : catalog.resourceFor(serverId, uri));
  const atServer = new WeakMap<Listing, readonly ListedResource[]>();
  const atAggregate = new WeakMap<Listing, readonly ListedResource[]>();

  return {
    tools,
    prompts,
    byServer,
    resource(serverId, uri) {
      const entry = ownerFor(serverId, uri);
      return entry && resourceTarget(entry, uri);
    },
    template: (serverId, uriTemplate) => templates.get(templateKey(serverId, uriTemplate)),
    listed({ server }, listing, aggregate) {
      const cache = aggregate ? atAggregate : atServer;
      let items = cache.get(listing);
      if (!items) {
        items = [...liveResources(listing).values()].flatMap(({ uri, mime, text }) => {
          const entry = ownerFor(aggregate ? undefined : server.id, uri);
          if (entry?.server.id !== server.id || !isAsApproved(entry.entry, listing)) return [];
          return [{ ...resourceTarget(entry, uri, mime), definitionText: text }];
        });
        cache.set(listing, items);
      }
      return items;
    },
  };
}

function serverTargets(catalog: Catalog, server: ServerDefinition, remember: boolean): ServerTargets {
  const facts = serverFacts(catalog, server);
  const plan = remember ? memoPlan(catalog.readsFor(server.id)) : undefined;
  return {
    server,
    tools: [...catalog.tools(server.id).values()].map((tool) => toolTarget(facts, tool, plan)),
    prompts: [...catalog.prompts(server.id).values()].map((prompt) => promptTarget(facts, prompt)),
    entries: new Map([...catalog.resources(server.id).values()].map((entry) => [entry.entry, entryTarget(facts, entry)])),
    methods: new Map(
      Object.entries(server.extensionMethods).flatMap(([extension, methods]) =>
        methods.map((method) => [method, extensionTarget(facts, extension, method)] as const),
      ),
    ),
  };
}

/** Whether the server still has the entry's template as it was approved. A pattern has none. */
export function isAsApproved({ template }: CatalogResource, listing: Listing): boolean {
  return template === undefined || listing.templates.get(template.definition.uriTemplate)?.pin === template.pin;
}

/** A server id holds no space, so that no template can reach into another server's place. */
function templateKey(serverId: string | undefined, uriTemplate: string): string {
  return `${serverId ?? ""} ${uriTemplate}`;
}

function templateIndex(servers: Iterable<ServerTargets>): ReadonlyMap<string, EntryTarget> {
  const index = new Map<string, EntryTarget>();
  const claimed = new Set<string>();
  for (const { server, entries } of servers) {
    for (const target of entries.values()) {
      if (!target.entry.template) continue;
      const { uriTemplate } = target.entry.template.definition;
      index.set(templateKey(server.id, uriTemplate), target);
      if (!isInUse(server)) continue;
      const shared = templateKey(undefined, uriTemplate);
      if (claimed.has(shared)) index.delete(shared);
      else index.set(shared, target);
      claimed.add(shared);
    }
  }
  return index;
}
