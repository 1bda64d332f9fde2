import type { Rehearsed } from "../../gateway/index.ts";
import type { CatalogAgent } from "../../parts/catalog/index.ts";
import type { Workbench } from "../workbench/index.ts";
import type { AccessCaller } from "./access.ts";
import { groupSets } from "./group-sets.ts";
import type { AccessSelection } from "./selection.ts";

export interface ReadyCaller {
  readonly caller: AccessCaller;
  readonly rehearsed: Rehearsed;
}

export interface ReadyCallers {
  readonly callers: readonly ReadyCaller[];
  readonly notes: readonly string[];
}

/** Whoever asks for a user who is nobody in particular. Rules that look at this are told as facts of a cell. */
const SOMEBODY = "somebody";

/** Each registered agent in each of its modes, for each set of groups. Who cannot exist is told in a note. */
export function callersOf({ rehearsal }: Workbench, selection: AccessSelection, groupsAreRead: boolean): ReadyCallers {
  const { agents, groups } = rehearsal.catalog;
  const table = new Map([...groups.keys()].map((name) => [name, rehearsal.catalog.rolesOfGroups([name], selection.at).roles]));
  const selected = selectedAgents(agents, selection.agents);
  const forUsers = selected.agents.filter(({ modes }) => modes.includes("user_via_agent")).length;
  const { sets, notes } = groupSets(selection.groups ?? "single", { table, readByRules: groupsAreRead, agents: forUsers });
  const callers: ReadyCaller[] = [];
  const refused = new Set<string>();
  for (const { id: agent, modes } of selected.agents) {
    for (const kind of modes) {
      for (const set of kind === "user_via_agent" ? sets : [undefined]) {
        const asked = { agent, kind, ...(set && { user: { id: SOMEBODY, groups: set } }) };
        const rehearsed = rehearsal.caller(asked, selection.at);
        if (rehearsed.ok) callers.push({ caller: { agent, kind, ...(set && { groups: set }) }, rehearsed: rehearsed.value });
        else refused.add(rehearsed.error);
      }
    }
  }
  const leftOut = [...refused].map((why) => `left out: ${why}`);
  return { callers, notes: [...selected.notes, ...(forUsers > 0 ? notes : []), ...leftOut] };
}

function selectedAgents(agents: ReadonlyMap<string, CatalogAgent>, ids: readonly string[] | undefined) {
  if (ids === undefined) return { agents: [...agents.values()], notes: [] };
  const wanted = [...new Set(ids)];
  return {
    agents: wanted.flatMap((id) => agents.get(id) ?? []),
    notes: wanted.filter((id) => !agents.has(id)).map((id) => `there is no agent "${id}"`),
  };
}
