import type { GroupChoice } from "./selection.ts";

/** Sets of groups for `all-combinations`, beyond which only the smaller ones are asked for; and callers made of them. */
export const combinationLimit = 4096;
const CALLERS = 250_000;

export interface GroupSets {
  /** Each sorted, without repeats; the empty one is a user without groups. */
  readonly sets: readonly (readonly string[])[];
  readonly notes: readonly string[];
}

export interface Groups {
  /** Roles that each group of the table gives. */
  readonly table: ReadonlyMap<string, readonly string[]>;
  /** Whether a rule looks at the groups themselves, and not at the roles that they give. */
  readonly readByRules: boolean;
  /** How many agents act for users. */
  readonly agents: number;
}

/** The sets of groups that users are tried with. */
export function groupSets(choice: GroupChoice, groups: Groups): GroupSets {
  const names = [...groups.table.keys()].sort();
  if (choice === "single") return { sets: distinct([[], ...names.map((name) => [name]), names]), notes: [] };
  if (choice === "all-combinations") {
    return combinations(choiceful(names, groups), Math.min(combinationLimit, Math.floor(CALLERS / Math.max(1, groups.agents))));
  }
  const unknown = [...new Set(choice.flat())].filter((name) => !groups.table.has(name)).sort();
  return {
    sets: distinct(choice.map((set) => [...new Set(set)].sort())),
    notes: unknown.map((name) => `the group "${name}" is not in groups.yaml; it gives no role`),
  };
}

/** One group of those that neither a role nor a rule tells apart, and none of those that give nothing. */
function choiceful(names: readonly string[], { table, readByRules }: Groups): readonly string[] {
  if (readByRules) return names;
  const byRoles = new Map<string, string>();
  for (const name of names) {
    const roles = JSON.stringify([...new Set(table.get(name))].sort());
    if (roles !== "[]" && !byRoles.has(roles)) byRoles.set(roles, name);
  }
  return [...byRoles.values()];
}

/** By size, so that what is cut off are the largest; all groups together are kept, because they can do most. */
function combinations(names: readonly string[], limit: number): GroupSets {
  const sets: (readonly string[])[] = [[]];
  let size: readonly (readonly number[])[] = [[]];
  for (let count = 1; count <= names.length; count++) {
    size = size.flatMap((set) => {
      const first = (set.at(-1) ?? -1) + 1;
      return Array.from({ length: names.length - first }, (_, offset) => [...set, first + offset]);
    });
    if (sets.length + size.length > limit) {
      const note = `${names.length} groups make more than ${limit} combinations; tried are those of up to ${count - 1} groups, and all together`;
      return { sets: [...sets, names], notes: [note] };
    }
    sets.push(...size.map((set) => set.map((at) => names[at] ?? "")));
  }
  return { sets, notes: [] };
}

function distinct(sets: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return [...new Map(sets.map((set) => [JSON.stringify(set), set])).values()];
}
