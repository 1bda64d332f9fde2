import { roleOf } from "../../parts/catalog/index.ts";
import { type PinKind, pinKinds } from "../pins/index.ts";
import { sharedUris } from "./resource-references.ts";
import type { Tables } from "./table-files.ts";

/** What is no mistake, and yet not what an author would expect. */
export function warningsOf(tables: Tables): string[] {
  return [...leftOut(tables), ...oddNames(tables), ...sharedUris(tables), ...unusedRoles(tables), ...unheldRoles(tables)];
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
      // The form that clients accept for the aggregate's names.
      const odd = Object.keys(items).filter((name) => !/^[A-Za-z0-9_.-]{1,128}$/.test(`${server}__${name}`));
      if (odd.length === 0) continue;
      const [named, they] =
        odd.length === 1 ? [`${what} ${server}/${odd[0]}`, "its name; it works"] : [`${what}s of ${server}`, "their names; they work"];
      const which = odd.length === 1 ? "" : `: ${odd.join(", ")}`;
      warnings.push(`${named}: not listed on /mcp, because of ${they} on /servers/${server}/mcp${which}`);
    }
  }
  return warnings;
}

function unusedRoles({ agents }: Tables): string[] {
  return Object.entries(agents.agents)
    .filter(([, { modes, roles_alone }]) => roles_alone.length > 0 && modes.every((mode) => mode === "user_via_agent"))
    .map(([id]) => `agent ${id}: roles_alone is never used, because its modes have no agent or workload`);
}

/** Roles that neither an agent nor a group holds, nor a role that somebody holds. A role may wait for its first holder. */
function unheldRoles({ agents, groups, roles }: Tables): string[] {
  const held = new Set<string>();
  for (const { roles: own, roles_alone } of Object.values(agents.agents)) for (const one of [...own, ...roles_alone]) held.add(roleOf(one));
  for (const group of Object.values(groups.groups)) for (const one of group.roles) held.add(roleOf(one));
  // A set grows while it is walked, so that roles behind roles are held too.
  for (const role of held) {
    const row = Object.hasOwn(roles.roles, role) ? roles.roles[role] : undefined;
    for (const other of row?.includes ?? []) held.add(other);
  }
  return Object.keys(roles.roles)
    .filter((role) => !held.has(role))
    .map((role) => `role ${role}: nobody holds it`);
}
