import type { TableData } from "../../tables/index.ts";
import type { CheckedPackage } from "../check.ts";
import { ownServer } from "../shape/index.ts";
import { wordsAt } from "./input-schema.ts";
import type { Origin } from "./origin.ts";

/** The words that a place of the input may hold, as the tables name them. */
export interface Vocabulary {
  /** What one of them is, e.g. "tool". */
  readonly what: string;
  readonly words: ReadonlySet<string>;
  /** Words that there are, but not for what the package judges. */
  readonly elsewhere?: ReadonlySet<string>;
  /** A rule may be there before anything has the word: only what looks like another one is a mistake. */
  readonly open?: true;
  /** Where a word that is missing would be added. */
  readonly remedy: string;
}

type Catalog = TableData["catalog"];
type Reader = (known: Known) => Vocabulary;

interface Known {
  readonly tables: TableData;
  readonly catalog: Catalog;
  /** Servers whose targets the package judges. */
  readonly servers: readonly string[];
}

/** What the place may hold; undefined where any text may stand. */
export function vocabularyAt({ root, path }: Origin, { facts, tables }: CheckedPackage): Vocabulary | undefined {
  if (root !== "input") return undefined;
  const reader = readers[path.map((step) => (step === null ? "*" : String(step))).join(".")];
  if (reader !== undefined && tables !== undefined && facts !== undefined) {
    const { catalog } = tables;
    return reader({ tables, catalog, servers: facts.servers.includes("*") ? Object.keys(catalog.servers) : facts.servers });
  }
  const words = wordsAt(path);
  return words && { what: "word", words: new Set(words), remedy: `it is one of ${words.join(", ")}` };
}

type Rows = Readonly<Record<string, Readonly<Record<string, object>>>>;

const inTable = (table: string): string => `correct it, or add it to catalog/${table}.yaml`;

/** Names of a table by server, of the servers that the package judges and of the others. */
function rows(
  what: string,
  table: string,
  all: Rows,
  servers: readonly string[],
  named: (server: string, name: string) => string,
): Vocabulary {
  const words = new Set<string>();
  const elsewhere = new Set<string>();
  for (const [server, items] of Object.entries(all))
    for (const name of Object.keys(items)) (servers.includes(server) ? words : elsewhere).add(named(server, name));
  return { what, words, elsewhere, remedy: inTable(table) };
}

const id = (server: string, name: string): string => `${server}.${name}`;
const bare = (_: string, name: string): string => name;

const table =
  (what: string, name: "tools" | "prompts" | "resources", named: typeof id): Reader =>
  ({ catalog, servers }) =>
    rows(what, name, catalog[name], servers, named);

const several =
  (what: string, ...readers: readonly Reader[]): Reader =>
  (known) => {
    const all = readers.map((reader) => reader(known));
    const gather = (of: (one: Vocabulary) => Iterable<string>) => new Set(all.flatMap((one) => [...of(one)]));
    return { what, words: gather((one) => one.words), elsewhere: gather((one) => one.elsewhere ?? []), remedy: "correct it" };
  };

const keys =
  (what: string, name: string, of: (known: Known) => object): Reader =>
  (known) => ({ what, words: new Set(Object.keys(of(known))), remedy: inTable(name) });

const asked =
  (kind: string): Reader =>
  ({ servers }) => ({ what: "target", words: new Set(servers.map((server) => id(server, kind))), remedy: `it is <server>.${kind}` });

const groups: Reader = ({ catalog }) => ({
  what: "group",
  words: new Set(Object.keys(catalog.groups)),
  remedy: "correct it, or list a group that only tokens name in catalog/groups.yaml with roles: []",
});

const roles = keys("role", "roles", ({ tables }) => tables.roles);

const dataClasses: Reader = ({ catalog }) => {
  const rowsOf = (all: Readonly<Record<string, Readonly<Record<string, { readonly data_classes: readonly string[] }>>>>) =>
    Object.values(all).flatMap((items) => Object.values(items));
  const items = [...rowsOf(catalog.tools), ...rowsOf(catalog.prompts), ...rowsOf(catalog.resources)];
  return {
    what: "data class",
    open: true,
    words: new Set(items.flatMap((item) => item.data_classes)),
    remedy: "correct it, or give it to the tools that it is about in catalog/tools.yaml",
  };
};

const environments: Reader = ({ catalog }) => ({
  what: "environment",
  open: true,
  words: new Set([...Object.values(catalog.servers), ...Object.values(catalog.agents)].map((row) => row.environment)),
  remedy: "it is one that a server or an agent of the tables has",
});

const methods: Reader = ({ catalog, servers }) => {
  const own = servers.flatMap((server) => Object.values(catalog.servers[server]?.extension_methods ?? {}).flat());
  return { what: "method", words: new Set(own), remedy: "correct it, or add it to extension_methods in catalog/servers.yaml" };
};

const extensions: Reader = ({ catalog, servers }) => {
  const own = servers.flatMap((server) => Object.keys(catalog.servers[server]?.extension_methods ?? {}));
  return { what: "extension", words: new Set(own), remedy: "correct it, or add it to extension_methods in catalog/servers.yaml" };
};

const servers: Reader = ({ catalog, servers: own }) => ({
  what: "server",
  words: new Set([...own, ownServer, "_none"]),
  elsewhere: new Set(Object.keys(catalog.servers)),
  remedy: inTable("servers"),
});

const tools = table("tool", "tools", id);
const prompts = table("prompt", "prompts", id);
const resources = table("resource", "resources", id);
const origins = several("target", tools, prompts, resources);

/** By path below `input`; `*` is any element. What is not here and has no fixed words in the schema of the input may hold any text. */
const readers: Readonly<Record<string, Reader>> = {
  "tool.id": tools,
  "tool.name": table("tool", "tools", bare),
  "tool.data_classes.*": dataClasses,
  "prompt.id": prompts,
  "prompt.name": table("prompt", "prompts", bare),
  "prompt.data_classes.*": dataClasses,
  "resource.id": resources,
  "resource.entry": table("entry of a resource", "resources", bare),
  "resource.data_classes.*": dataClasses,
  "completion.id": several("prompt or resource", prompts, resources),
  "completion.name": several("prompt or entry of a resource", table("prompt", "prompts", bare), table("entry", "resources", bare)),
  "elicitation.id": asked("elicitation"),
  "sampling.id": asked("sampling"),
  "roots.id": asked("roots"),
  "elicitation.origin": origins,
  "sampling.origin": origins,
  "roots.origin": origins,
  "extension.method": methods,
  "extension.extension": extensions,
  "server.id": servers,
  "server.environment": environments,
  "agent.environment": environments,
  "agent.id": keys("agent", "agents", ({ catalog }) => catalog.agents),
  "agent.roles.*": roles,
  "user.roles.*": roles,
  "user.groups.*": groups,
};
