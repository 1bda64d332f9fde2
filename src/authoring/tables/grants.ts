import { didYouMean, foundText, type Mistake, pathText } from "../../core/mistakes.ts";
import { glob } from "../../parts/catalog/index.ts";
import { fileOf, type Tables } from "./table-files.ts";

/** `data.roles` of a bundle: what each role may use, spelled out. */
export type ResolvedRoles = Record<string, { grants: Record<string, Record<string, true>> }>;

export interface GrantReading {
  readonly roles: ResolvedRoles;
  readonly mistakes: readonly Mistake[];
  readonly warnings: readonly string[];
}

/** Resolves wildcards against the catalogued tools, so that a tool that comes later is granted by a build, never by a pattern at run time. */
export function resolveGrants(tables: Tables): GrantReading {
  const roles: ResolvedRoles = {};
  const mistakes: Mistake[] = [];
  const warnings: string[] = [];
  for (const [role, { grants }] of Object.entries(tables.roles.roles)) {
    const resolved: ResolvedRoles[string]["grants"] = {};
    for (const [at, grant] of grants.entries()) {
      const found = toolsOf(grant, tables);
      for (const { server, tool } of found) {
        resolved[server] ??= {};
        resolved[server][tool] = true;
      }
      if (found.length > 0) continue;
      if (grant.includes("*")) warnings.push(`role ${role}: the grant ${foundText(grant)} fits no catalogued tool`);
      else if (!tables.broken.has(fileOf("tools"))) mistakes.push(unknownTool(tables, ["roles", role, "grants", at], grant));
    }
    roles[role] = { grants: sorted(resolved) };
  }
  return { roles, mistakes, warnings };
}

function toolsOf(grant: string, tables: Tables): { server: string; tool: string }[] {
  const slash = grant.indexOf("/");
  const fitsServer = glob(grant.slice(0, slash));
  const fitsTool = glob(grant.slice(slash + 1));
  return Object.entries(tables.tools.tools)
    .filter(([server]) => fitsServer(server))
    .flatMap(([server, tools]) =>
      Object.keys(tools)
        .filter(fitsTool)
        .map((tool) => ({ server, tool })),
    );
}

function unknownTool(tables: Tables, steps: readonly PropertyKey[], grant: string): Mistake {
  const known = Object.entries(tables.tools.tools).flatMap(([server, tools]) => Object.keys(tools).map((tool) => `${server}/${tool}`));
  const remedy = didYouMean(grant, known);
  const told = { found: foundText(grant), wanted: "a tool in tools.yaml, as server/tool" };
  return tables.mistake("roles", steps, remedy === undefined ? told : { ...told, remedy }, pathText(steps));
}

function sorted(grants: ResolvedRoles[string]["grants"]): ResolvedRoles[string]["grants"] {
  const entries = Object.entries(grants).map(([server, tools]) => [server, Object.fromEntries(Object.entries(tools).sort(byKey))] as const);
  return Object.fromEntries(entries.sort(byKey));
}

function byKey(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1;
}
