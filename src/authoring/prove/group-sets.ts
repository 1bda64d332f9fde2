import type { BundleData } from "../../parts/catalog/index.ts";
import type { Invariant } from "./language.ts";
import { list } from "./select.ts";

export interface TriedGroups {
  /** Every group that users are tried with. */
  readonly names: readonly string[];
  readonly sets: readonly (readonly string[])[];
  readonly notes: readonly string[];
}

/** Cells of a table that are still quick to ask for, and sets of groups that still fit into one. */
const CELLS = 1_000_000;
const SETS = 4096;

/**
 * The sets of groups that an agent's users are tried with: every combination as far as the bound reaches, then every set up
 * to some size, and all together; `most` sets in place of that bound. Groups that neither roles, rules nor invariants tell apart stand for each other.
 */
export function triedGroups(
  { catalog }: BundleData,
  modules: ReadonlyMap<string, string>,
  invariants: readonly Invariant[],
  targets: number,
  most?: number,
): TriedGroups {
  const inRules = groupsInRules(modules);
  const table = Object.keys(catalog.groups);
  const named = new Set([...inRules, ...invariants.flatMap(groupsIn).filter((group) => table.includes(group))]);
  // Of a package whose reads nobody can tell, they may be anything.
  const readByRules = Object.keys(catalog.rules).some(
    (name) => !Object.hasOwn(catalog.reads, name) || readGroups(catalog.reads[name] ?? []),
  );
  const representatives = new Map<string, string>();
  for (const name of table) {
    const roles = JSON.stringify(catalog.groups[name]?.roles ?? []);
    if (readByRules) named.add(name);
    else if (!named.has(name) && roles !== "[]" && !representatives.has(roles)) representatives.set(roles, name);
  }
  const names = [...new Set([...named, ...representatives.values()])].sort();
  const agents = Object.values(catalog.agents).filter(({ modes }) => modes.includes("user_via_agent")).length;
  const bound = most ?? Math.min(SETS, Math.floor(CELLS / Math.max(1, agents * targets)));
  return { names, ...combinations(names, bound) };
}

function readGroups(paths: readonly (readonly string[])[]): boolean {
  return paths.some(([head, part]) => head === "user" && (part === undefined || part === "groups"));
}

/** Groups that rules name and that need not stand in the table: the issuer may know them. */
function groupsInRules(modules: ReadonlyMap<string, string>): readonly string[] {
  return [...modules.values()].flatMap((text) =>
    [...text.matchAll(/"([^"\n]{1,256})"\s+in\s+input\.user\.groups/g)].flatMap(([, group]) => group ?? []),
  );
}

function groupsIn({ users }: Invariant): readonly string[] {
  if (users === undefined || users === "any") return [];
  return [users.has, users.has_all, users.has_none_of].flatMap((words) => (words === undefined ? [] : list(words)));
}

/** By size, so that what is cut off are the largest. Nobody's group, each alone and all together are always tried. */
function combinations(names: readonly string[], bound: number): Pick<TriedGroups, "sets" | "notes"> {
  const sets: (readonly string[])[] = [[], ...names.map((name) => [name])];
  let size: readonly (readonly number[])[] = names.map((_, at) => [at]);
  for (let count = 2; count <= names.length; count++) {
    const next = size.reduce((sum, set) => sum + names.length - 1 - (set.at(-1) ?? 0), 0);
    if (sets.length + next > bound) {
      const note = `of ${names.length} groups, users were tried with every combination of up to ${count - 1} and with all together, not with those between`;
      return { sets: [...sets, names], notes: [note] };
    }
    size = size.flatMap((set) => names.flatMap((_, at) => (at > (set.at(-1) ?? -1) ? [[...set, at]] : [])));
    sets.push(...size.map((set) => set.map((at) => names[at] ?? "")));
  }
  return { sets, notes: [] };
}
