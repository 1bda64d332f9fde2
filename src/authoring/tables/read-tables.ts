import type { Mistake } from "../../core/mistakes.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { CatalogData } from "../../parts/catalog/index.ts";
import { crossMistakes } from "./cross-references.ts";
import { type ResolvedRoles, resolveGrants } from "./grants.ts";
import { readTableFiles, type Tables } from "./table-files.ts";

export type TableMistake = Mistake;

/** What the tables give to a bundle's data. Rules and worker come from the policies, index and cases from the bundle build. */
export interface TableData {
  readonly roles: ResolvedRoles;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly custom: Readonly<Record<string, unknown>>;
  readonly catalog: Omit<CatalogData, "rules" | "worker" | "reads">;
}

export interface TablesRead {
  readonly data: TableData;
  /** Ids of the catalogued servers, sorted. */
  readonly servers: readonly string[];
  readonly warnings: readonly string[];
}

/** Reads `<policiesDir>/catalog/*.yaml` and `catalog/pins/*.json`. Every mistake of every file is told at once. */
export async function readTables(policiesDir: string): Promise<Result<TablesRead, readonly TableMistake[]>> {
  const { tables, mistakes } = await readTableFiles(policiesDir);
  const grants = resolveGrants(tables);
  const all = [...mistakes, ...crossMistakes(tables), ...grants.mistakes];
  if (all.length > 0) return err(all);
  return ok({
    data: {
      roles: grants.roles,
      settings: tables.settings.settings,
      custom: tables.custom.custom,
      catalog: catalogOf(tables),
    },
    servers: Object.keys(tables.servers.servers).sort(),
    warnings: [...grants.warnings, ...warningsOf(tables)],
  });
}

function catalogOf(tables: Tables): TableData["catalog"] {
  return {
    schema: 1,
    servers: mapped(tables.servers.servers, (server, id) => {
      const pins = tables.pins.get(id);
      return pins === undefined ? server : { ...server, pinned: { era: pins.era, capabilities: pins.capabilities } };
    }),
    tools: mapped(tables.tools.tools, (tools, server) => {
      const pins = tables.pins.get(server)?.tools ?? {};
      const pinned = Object.entries(tools).flatMap(([name, facts]) => {
        const pin = Object.hasOwn(pins, name) ? pins[name] : undefined;
        return pin === undefined ? [] : [[name, { ...facts, ...pin }] as const];
      });
      return Object.fromEntries(pinned);
    }),
    agents: tables.agents.agents,
    groups: tables.groups.groups,
    budgets: tables.budgets.budgets,
    timezone: tables.settings.settings.timezone,
  };
}

function mapped<T, U>(table: Readonly<Record<string, T>>, change: (value: T, key: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(table).map(([key, value]) => [key, change(value, key)]));
}

function warningsOf(tables: Tables): string[] {
  const warnings: string[] = [];
  for (const [server, { tools }] of tables.pins) {
    const known = tables.tools.tools[server] ?? {};
    const left = Object.keys(tools).filter((name) => !Object.hasOwn(known, name));
    if (left.length > 0) warnings.push(`server ${server}: pinned without facts in tools.yaml, so left out: ${left.join(", ")}`);
  }
  for (const [server, tools] of Object.entries(tables.tools.tools)) {
    for (const name of Object.keys(tools)) {
      // The form that clients accept for the aggregate's names.
      if (!/^[A-Za-z0-9_.-]{1,128}$/.test(`${server}__${name}`)) {
        warnings.push(`tool ${server}/${name}: not listed on /mcp, because of its name; it works on /servers/${server}/mcp`);
      }
    }
  }
  for (const [id, agent] of Object.entries(tables.agents.agents)) {
    const alone = agent.modes.some((mode) => mode !== "user_via_agent");
    if (agent.roles_alone.length > 0 && !alone)
      warnings.push(`agent ${id}: roles_alone is never used, because its modes have no agent or workload`);
  }
  return warnings;
}
