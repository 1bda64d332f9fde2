import { didYouMean, foundText, type Mistake, oneOf, pathText } from "../../core/mistakes.ts";
import { serverAsks } from "../../core/server.ts";
import { glob } from "../../parts/catalog/index.ts";
import { fileOf, type TableName, type Tables } from "./table-files.ts";

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

/** `data.roles` of a bundle: what each role may use, spelled out, by server and name. */
export type ResolvedRoles = Record<string, Record<Kind, Granted>>;
type Granted = Record<string, Record<string, true>>;

export interface GrantReading {
  readonly roles: ResolvedRoles;
  readonly mistakes: readonly Mistake[];
  readonly warnings: readonly string[];
}

/** Resolves wildcards against what is catalogued, so that what comes later is granted by a build, never by a pattern at run time. */
export function resolveGrants(tables: Tables): GrantReading {
  const roles: ResolvedRoles = {};
  const mistakes: Mistake[] = [];
  const warnings: string[] = [];
  const known = knownNames(tables);
  for (const [role, lists] of Object.entries(tables.roles.roles)) {
    const resolve = (kind: Kind): Granted => {
      const granted: Granted = {};
      for (const [at, grant] of lists[kind].entries()) {
        const found = namesOf(grant, known[kind]);
        for (const [server, name] of found) {
          granted[server] ??= {};
          granted[server][name] = true;
        }
        if (found.length > 0) continue;
        const { one, what, table } = kinds[kind];
        if (grant.includes("*")) warnings.push(`role ${role}: the ${one} ${foundText(grant)} fits no ${what}`);
        else if (!tables.broken.has(fileOf(table))) mistakes.push(unknown(tables, ["roles", role, kind, at], kind, grant, known[kind]));
      }
      return sorted(granted);
    };
    roles[role] = {
      grants: resolve("grants"),
      prompts: resolve("prompts"),
      resources: resolve("resources"),
      asks: resolve("asks"),
      methods: resolve("methods"),
    };
  }
  return { roles, mistakes, warnings };
}

type Names = readonly (readonly [server: string, name: string])[];

function knownNames({ tools, prompts, resources, servers }: Tables): Readonly<Record<Kind, Names>> {
  const rows = (table: Readonly<Record<string, object>>): Names =>
    Object.entries(table).flatMap(([server, items]) => Object.keys(items).map((name) => [server, name] as const));
  return {
    grants: rows(tools.tools),
    prompts: rows(prompts.prompts),
    resources: rows(resources.resources),
    asks: Object.entries(servers.servers).flatMap(([server, { asks }]) => asks.map((kind) => [server, kind] as const)),
    methods: Object.entries(servers.servers).flatMap(([server, { extension_methods: methods }]) =>
      Object.values(methods)
        .flat()
        .map((method) => [server, method] as const),
    ),
  };
}

function namesOf(grant: string, names: Names): Names {
  const slash = grant.indexOf("/");
  const fitsServer = glob(grant.slice(0, slash));
  const fitsName = glob(grant.slice(slash + 1));
  return names.filter(([server, name]) => fitsServer(server) && fitsName(name));
}

function unknown(tables: Tables, steps: readonly PropertyKey[], kind: Kind, grant: string, known: Names): Mistake {
  const unasked = kind === "asks" ? neverAsked(tables, grant) : undefined;
  const remedy =
    unasked?.remedy ??
    didYouMean(
      grant,
      known.map((name) => name.join("/")),
    );
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

function sorted(granted: Granted): Granted {
  const entries = Object.entries(granted).map(
    ([server, names]) => [server, Object.fromEntries(Object.entries(names).sort(byKey))] as const,
  );
  return Object.fromEntries(entries.sort(byKey));
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1;
}
