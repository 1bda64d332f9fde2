import { type PinKind, pinKinds } from "../pins/index.ts";
import { sharedUris } from "./resource-references.ts";
import type { Tables } from "./table-files.ts";

/** What is no mistake, and yet not what an author would expect. */
export function warningsOf(tables: Tables): string[] {
  return [...leftOut(tables), ...oddNames(tables), ...sharedUris(tables), ...unusedRoles(tables)];
}

const tableOf: Readonly<Record<PinKind, string>> = { tools: "tools.yaml", prompts: "prompts.yaml", templates: "resources.yaml" };

function leftOut({ pins, tools, prompts, resources }: Tables): string[] {
  const warnings: string[] = [];
  for (const [server, file] of pins) {
    const catalogued: Readonly<Record<PinKind, readonly (string | undefined)[]>> = {
      tools: Object.keys(tools.tools[server] ?? {}),
      prompts: Object.keys(prompts.prompts[server] ?? {}),
      templates: Object.values(resources.resources[server] ?? {}).map(({ template }) => template),
    };
    for (const kind of pinKinds) {
      const known = new Set(catalogued[kind]);
      const left = Object.keys(file[kind]).filter((name) => !known.has(name));
      const what = kind === "tools" ? "" : `${kind} `;
      if (left.length > 0)
        warnings.push(`server ${server}: ${what}pinned without facts in ${tableOf[kind]}, so left out: ${left.join(", ")}`);
    }
  }
  return warnings;
}

function oddNames({ tools, prompts }: Tables): string[] {
  const warnings: string[] = [];
  for (const [what, table] of [["tool", tools.tools] as const, ["prompt", prompts.prompts] as const]) {
    for (const [server, items] of Object.entries(table)) {
      for (const name of Object.keys(items)) {
        // The form that clients accept for the aggregate's names.
        if (/^[A-Za-z0-9_.-]{1,128}$/.test(`${server}__${name}`)) continue;
        warnings.push(`${what} ${server}/${name}: not listed on /mcp, because of its name; it works on /servers/${server}/mcp`);
      }
    }
  }
  return warnings;
}

function unusedRoles({ agents }: Tables): string[] {
  return Object.entries(agents.agents)
    .filter(([, { modes, roles_alone }]) => roles_alone.length > 0 && modes.every((mode) => mode === "user_via_agent"))
    .map(([id]) => `agent ${id}: roles_alone is never used, because its modes have no agent or workload`);
}
