import type { Mistake } from "../../core/mistakes.ts";
import { err, ok, type Result } from "../../core/result.ts";
import type { CatalogData, Obliged } from "../../parts/catalog/index.ts";
import { crossMistakes } from "./cross-references.ts";
import { endWarnings } from "./ends.ts";
import { type Findings, inOrder } from "./findings.ts";
import { knownNames, type ResolvedRoles, resolveGrants } from "./grants.ts";
import { resolveObliged } from "./obliged.ts";
import { readTableFiles, type Tables } from "./table-files.ts";
import { ToolFacts } from "./tools-by-effect.ts";
import { warningsOf } from "./warnings.ts";

export type TableMistake = Mistake;

/** What the tables give to a bundle's data. Rules and worker come from the policies, index and cases from the bundle build. */
export interface TableData {
  readonly roles: ResolvedRoles;
  /** What budgets and approvals ask, by server, kind and name. */
  readonly obliged: Obliged;
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

/**
 * Reads `<policiesDir>/catalog/*.yaml` and `catalog/pins/*.json`. Every mistake of every file is told at once. What ended
 * or soon ends at `now`, in Unix milliseconds, is a warning.
 */
export async function readTables(policiesDir: string, now = Date.now()): Promise<Result<TablesRead, readonly TableMistake[]>> {
  const { tables, mistakes } = await readTableFiles(policiesDir);
  const findings: Findings = { mistakes: [], warnings: [] };
  const names = knownNames(tables);
  const tools = new ToolFacts(tables);
  const roles = resolveGrants(tables, names, tools, findings);
  const obliged = resolveObliged({ tables, names, tools, findings });
  const all = [...mistakes, ...crossMistakes(tables), ...findings.mistakes];
  if (all.length > 0) return err(inOrder(all));
  return ok({
    data: {
      roles,
      obliged,
      settings: tables.settings.settings,
      custom: tables.custom.custom,
      catalog: catalogOf(tables),
    },
    servers: Object.keys(tables.servers.servers).sort(),
    warnings: [...findings.warnings, ...warningsOf(tables), ...endWarnings(tables, now)],
  });
}

function catalogOf(tables: Tables): TableData["catalog"] {
  return {
    schema: 1,
    servers: mapped(tables.servers.servers, (server, id) => {
      const pins = tables.pins.get(id);
      return pins === undefined ? server : { ...server, pinned: { era: pins.era, capabilities: pins.capabilities } };
    }),
    tools: mapped(tables.tools.tools, (tools, server) => withPins(tools, tables.pins.get(server)?.tools)),
    prompts: mapped(tables.prompts.prompts, (prompts, server) => withPins(prompts, tables.pins.get(server)?.prompts)),
    resources: mapped(tables.resources.resources, (entries, server) => {
      const pins = tables.pins.get(server)?.templates;
      return mapped(entries, ({ template, ...facts }) => {
        const pinned = template === undefined ? undefined : own(pins, template);
        return pinned === undefined ? facts : { ...facts, template: pinned };
      });
    }),
    agents: tables.agents.agents,
    groups: tables.groups.groups,
    ...(Object.keys(tables.operators.operators).length === 0 ? {} : { operators: tables.operators.operators }),
    budgets: mapped(tables.budgets.budgets, ({ applies: _, ...budget }) => budget),
    timezone: tables.settings.settings.timezone,
  };
}

/** What is approved together with what people know of it. An item without a pin is a mistake that is told elsewhere. */
function withPins<Facts extends object, Pin extends object>(
  items: Readonly<Record<string, Facts>>,
  pins: Readonly<Record<string, Pin>> | undefined,
): Record<string, Facts & Pin> {
  return Object.fromEntries(
    Object.entries(items).flatMap(([name, facts]) => {
      const pin = own(pins, name);
      return pin === undefined ? [] : [[name, { ...facts, ...pin }] as const];
    }),
  );
}

function own<T>(table: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return table !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
}

function mapped<T, U>(table: Readonly<Record<string, T>>, change: (value: T, key: string) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(table).map(([key, value]) => [key, change(value, key)]));
}
