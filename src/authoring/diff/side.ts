import type { BundleData } from "../../parts/catalog/index.ts";
import type { AccessTable } from "../access/index.ts";
import type { Places } from "../words/index.ts";

/** What policies hold beside rules, by kind and id: what a change can bring, take away or alter. */
export type Holdings = Readonly<Record<HoldingKind, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;

export const holdingKinds = [
  "agents",
  "groups",
  "operators",
  "roles",
  "servers",
  "tools",
  "prompts",
  "resources",
  "budgets",
  "rules",
] as const;
export type HoldingKind = (typeof holdingKinds)[number];

/** One of the two policies that are compared. */
export interface DiffSide {
  /** As the person named it. */
  readonly name: string;
  readonly table: AccessTable;
  readonly holdings: Holdings;
  readonly places: Places;
}

/** Roles are told with one list of all that they grant, rules file by file. */
export function holdingsOf({ roles, catalog }: BundleData, modules: ReadonlyMap<string, string>): Holdings {
  return {
    agents: catalog.agents,
    groups: catalog.groups,
    operators: catalog.operators ?? {},
    roles: mapped(roles, ({ grants, prompts, resources, asks, methods, ...rest }) => {
      const granted = [...namesIn("", grants), ...namesIn("prompt ", prompts), ...namesIn("resource ", resources)];
      return { ...rest, grants: [...granted, ...namesIn("question ", asks), ...namesIn("method ", methods)] };
    }),
    servers: catalog.servers,
    tools: flat(catalog.tools),
    prompts: flat(catalog.prompts),
    resources: flat(catalog.resources),
    budgets: catalog.budgets,
    rules: Object.fromEntries([...modules].map(([file, text]) => [file, { text }])),
  };
}

type ByServer = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

function namesIn(what: string, table: ByServer | undefined): readonly string[] {
  return Object.entries(table ?? {}).flatMap(([server, names]) => Object.keys(names).map((name) => `${what}${server}.${name}`));
}

function flat<T>(table: Readonly<Record<string, Readonly<Record<string, T>>>>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(table).flatMap(([server, items]) => Object.entries(items).map(([name, item]) => [`${server}.${name}`, item])),
  );
}

function mapped<T, U>(table: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(table).map(([key, value]) => [key, change(value)]));
}
