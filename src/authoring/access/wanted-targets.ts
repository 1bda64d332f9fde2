import { isInUse } from "../../core/server.ts";
import type { RehearsedTarget } from "../../gateway/index.ts";
import { glob } from "../../parts/catalog/index.ts";
import type { Workbench } from "../workbench/index.ts";
import type { AccessTarget } from "./access.ts";
import type { AccessSelection } from "./selection.ts";

export interface ReadyTarget {
  readonly target: AccessTarget;
  readonly asked: RehearsedTarget;
  /** The arguments of the catalog's sample call, where it has one. */
  readonly sample: unknown;
}

/** Targets that one set of packages judges: of one server and one kind. */
export interface TargetGroup {
  readonly server: string;
  readonly kind: AccessTarget["kind"];
  readonly targets: readonly ReadyTarget[];
}

/** What is asked about, in catalog order. What a gateway never speaks to is told in a note. */
export function targetsOf(
  workbench: Workbench,
  selection: AccessSelection,
): { readonly groups: readonly TargetGroup[]; readonly notes: readonly string[] } {
  const { targets, catalog } = workbench.rehearsal;
  const notes = (selection.servers ?? []).filter((id) => !catalog.servers.has(id)).map((id) => `there is no server "${id}"`);
  const kinds = selection.kinds ?? ["tool"];
  const patterns = (selection.targets ?? []).map(glob);
  const groups: TargetGroup[] = [];
  for (const own of targets.byServer.values()) {
    const { id, status } = own.server;
    if (selection.servers?.includes(id) === false) continue;
    if (!isInUse(own.server)) {
      notes.push(`left out: the server "${id}" is ${status}`);
      continue;
    }
    const all = { tool: own.tools, prompt: own.prompts, resource: [...own.entries.values()] };
    for (const kind of new Set(kinds)) {
      const asked = all[kind].filter((target) => patterns.length === 0 || patterns.some((matches) => matches(target.id)));
      if (asked.length > 0) groups.push({ server: id, kind, targets: asked.map((target) => ready(workbench, target)) });
    }
  }
  if (groups.length === 0) notes.push("no tool, prompt or resource was selected");
  return { groups, notes };
}

function ready({ data }: Workbench, asked: RehearsedTarget): ReadyTarget {
  const { kind, id, server } = asked;
  if (asked.kind !== "tool") return { target: { kind, id, server: server.id, effects: [] }, asked, sample: undefined };
  const { name, effects, risk } = asked.tool;
  const facts = data.catalog.tools[server.id]?.[name];
  return { target: { kind, id, server: server.id, effects, risk }, asked, sample: facts?.sample?.args };
}
