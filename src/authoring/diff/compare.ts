import { err, ok, type Result } from "../../core/result.ts";
import { type AccessTable, accessOf } from "../access/index.ts";
import { placesIn } from "../words/index.ts";
import type { Workbench } from "../workbench/index.ts";
import { diffPolicies, type PolicyDiff } from "./policy-diff.ts";
import { type DiffSide, holdingsOf } from "./side.ts";

export interface CompareOptions {
  /** Unix milliseconds: the moment that both are asked about. */
  readonly at: number;
  /** Called once a side, for what is called now and then while it is asked. */
  readonly progress?: (side: string) => (done: number, all: number) => void;
}

/** Why policies could not be compared: evaluations of one side that gave no usable answer. */
export interface Unusable {
  readonly side: string;
  readonly failures: readonly string[];
}

const kinds = ["tool", "prompt", "resource"] as const;

/** Asks both about the same: agents and targets of each, and users with the groups of both. */
export async function comparePolicies(before: Workbench, after: Workbench, options: CompareOptions): Promise<Result<PolicyDiff, Unusable>> {
  const names = [before, after].flatMap(({ data }) => Object.keys(data.catalog.groups));
  const groups = groupSets([...new Set(names)].sort());
  const tables: AccessTable[] = [];
  for (const workbench of [before, after]) {
    const { source } = workbench;
    const progress = options.progress?.(source);
    const table = await accessOf(workbench, { at: options.at, groups, kinds, ...(progress && { progress }) });
    if (table.failures.length > 0) return err({ side: source, failures: table.failures });
    tables.push(table);
  }
  const [old, now] = tables;
  if (old === undefined || now === undefined) throw new Error("two tables were asked for");
  const diff = diffPolicies(await sideOf(before, old), await sideOf(after, now));
  // What one side alone leaves out is what the change brings: it stands among the changes.
  const notes = old.notes.filter((note) => now.notes.includes(note));
  return ok({ ...diff, notCompared: [...diff.notCompared, ...notes] });
}

async function sideOf({ source, data, modules }: Workbench, table: AccessTable): Promise<DiffSide> {
  return { name: source, table, holdings: holdingsOf(data, modules), places: await placesIn(source, modules) };
}

/** Each combination of few groups; of many nobody's group, each alone and all together. */
const MOST_COMBINED = 8;

function groupSets(names: readonly string[]): readonly (readonly string[])[] {
  if (names.length > MOST_COMBINED) return [[], ...names.map((name) => [name]), names];
  return Array.from({ length: 2 ** names.length }, (_, bits) => names.filter((_name, at) => (bits >> at) % 2 === 1));
}
