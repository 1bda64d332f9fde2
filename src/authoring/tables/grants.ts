import { foundText, type Mistake, oneOf, pathText } from "../../core/mistakes.ts";
import { serverAsks } from "../../core/server.ts";
import type { Findings } from "./findings.ts";
import { inclusionOrder } from "./includes.ts";
import { ByServer, type Name, Names } from "./names.ts";
import { fileOf, type TableName, type Tables } from "./table-files.ts";
import { checkServers, type ToolFacts } from "./tools-by-effect.ts";

/** What a role's list names, where that stands, and how a mistake in it is told. */
const kinds = {
  grants: { one: "grant", table: "tools", what: "catalogued tool", wanted: "a tool in tools.yaml, as server/tool" },
  prompts: { one: "prompt", table: "prompts", what: "catalogued prompt", wanted: "a prompt in prompts.yaml, as server/prompt" },
  resources: { one: "resource", table: "resources", what: "catalogued resource", wanted: "an entry in resources.yaml, as server/entry" },
  asks: { one: "ask", table: "servers", what: "question that a server asks", wanted: `server/kind, where kind is ${oneOf(serverAsks)}` },
  methods: {
    one: "method",
    table: "servers",
    what: "method of a server's extensions",
    wanted: "a method of extension_methods in servers.yaml, as server/method",
  },
} as const satisfies Record<string, { one: string; table: TableName; what: string; wanted: string }>;

type Kind = keyof typeof kinds;
const kindNames = Object.keys(kinds) as Kind[];

/** `data.roles` of a bundle: what each role may use, spelled out, by server and name. */
export type ResolvedRoles = Record<string, Record<Kind, Granted>>;
type Granted = Record<string, Record<string, true>>;
type Held = Readonly<Record<Kind, ByServer<true>>>;
type KnownNames = Readonly<Record<Kind, Names>>;

/**
 * Resolves wildcards, effects and included roles against what is catalogued, so that what comes later is granted by a
 * build, never by a pattern at run time.
 */
export function resolveGrants(tables: Tables, known: KnownNames, tools: ToolFacts, findings: Findings): ResolvedRoles {
  const held = new Map<string, Held>();
  for (const role of Object.keys(tables.roles.roles)) held.set(role, ownGrants(tables, role, known, tools, findings));
  for (const [role, included] of inclusionOrder(tables, findings)) {
    const own = held.get(role);
    for (const other of included) if (own !== undefined) join(own, held.get(other));
  }
  return Object.fromEntries([...held].map(([role, lists]) => [role, toJson(lists)]));
}

function ownGrants(tables: Tables, role: string, known: KnownNames, tools: ToolFacts, findings: Findings): Held {
  const held: Held = {
    grants: new ByServer(),
    prompts: new ByServer(),
    resources: new ByServer(),
    asks: new ByServer(),
    methods: new ByServer(),
  };
  const lists = tables.roles.roles[role];
  if (lists === undefined) return held;
  for (const kind of kindNames) {
    for (const [at, grant] of lists[kind].entries()) {
      const found = known[kind].fitting(grant);
      for (const name of found) held[kind].set(name, true);
      if (found.length > 0) continue;
      const { one, what, table } = kinds[kind];
      if (grant.includes("*")) findings.warnings.push(`role ${role}: the ${one} ${foundText(grant)} fits no ${what}`);
      else if (!tables.broken.has(fileOf(table)))
        findings.mistakes.push(unknown(tables, ["roles", role, kind, at], kind, grant, known[kind]));
    }
  }
  for (const [at, entry] of lists.by_effect.entries()) {
    checkServers(tables, "roles", ["roles", role, "by_effect", at, "servers"], entry.servers, findings);
    const found = tools.doingOnly(entry);
    for (const name of found) held.grants.set(name, true);
    if (found.length === 0) findings.warnings.push(`role ${role}: by_effect[${at}] fits no catalogued tool`);
  }
  return held;
}

function join(role: Held, included: Held | undefined): void {
  if (included === undefined) return;
  for (const kind of kindNames) for (const [name] of included[kind].entries()) role[kind].set(name, true);
}

function toJson(lists: Held): Record<Kind, Granted> {
  const { grants, prompts, resources, asks, methods } = lists;
  return {
    grants: grants.toJson(),
    prompts: prompts.toJson(),
    resources: resources.toJson(),
    asks: asks.toJson(),
    methods: methods.toJson(),
  };
}

/** Everything that the tables have a name for, by kind. */
export function knownNames({ tools, prompts, resources, servers }: Tables): KnownNames {
  const rows = (table: Readonly<Record<string, object>>): Name[] =>
    Object.entries(table).flatMap(([server, items]) => Object.keys(items).map((name): Name => [server, name]));
  const own = Object.entries(servers.servers);
  return {
    grants: new Names(rows(tools.tools)),
    prompts: new Names(rows(prompts.prompts)),
    resources: new Names(rows(resources.resources)),
    asks: new Names(own.flatMap(([server, { asks }]) => asks.map((kind): Name => [server, kind]))),
    methods: new Names(
      own.flatMap(([server, { extension_methods: methods }]) =>
        Object.values(methods)
          .flat()
          .map((method): Name => [server, method]),
      ),
    ),
  };
}

function unknown(tables: Tables, steps: readonly PropertyKey[], kind: Kind, grant: string, known: Names): Mistake {
  const unasked = kind === "asks" ? neverAsked(tables, grant) : undefined;
  const remedy = unasked?.remedy ?? known.nearest(grant);
  const told = { found: foundText(grant), wanted: unasked?.wanted ?? kinds[kind].wanted };
  return tables.mistake("roles", steps, remedy === undefined ? told : { ...told, remedy }, pathText(steps));
}

/** A role cannot let a server ask what its definition does not: it was never told that it may. */
function neverAsked(tables: Tables, grant: string): { readonly wanted: string; readonly remedy: string } | undefined {
  const [id = "", ask = ""] = grant.split("/");
  const server = Object.hasOwn(tables.servers.servers, id) ? tables.servers.servers[id] : undefined;
  if (server === undefined || !serverAsks.some((kind) => kind === ask)) return undefined;
  const asked = server.asks.length === 0 ? "it asks nothing" : `it asks ${server.asks.join(", ")}`;
  return { wanted: `what ${id} asks by servers.yaml; ${asked}`, remedy: `add ${ask} to its asks if it may` };
}
