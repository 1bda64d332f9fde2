import type { Mistake } from "../../core/mistakes.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { accessOf } from "../access/index.ts";
import { type Places, placesIn } from "../words/index.ts";
import type { Workbench } from "../workbench/index.ts";
import { nameMistakes } from "./check-names.ts";
import { proofFacts } from "./facts.ts";
import { triedGroups } from "./group-sets.ts";
import { type Invariant, windowOf } from "./language.ts";
import { type CounterExample, prove, type Verdict } from "./prove.ts";
import type { Invariants } from "./read-invariants.ts";
import { type Reproduced, reproduce } from "./reproduce.ts";

export interface Proof {
  readonly file: string;
  readonly source: string;
  readonly verdicts: readonly ProvenVerdict[];
  /** What was not tried, for all of them. */
  readonly notes: readonly string[];
  readonly callers: number;
  readonly targets: number;
}

export interface ProvenVerdict extends Omit<Verdict, "counterExamples"> {
  readonly counterExamples: readonly ProvenExample[];
}

export interface ProvenExample extends CounterExample {
  /** Rules and roles that permit it, with where they are written. */
  readonly permittedBy: readonly { readonly text: string; readonly file?: string; readonly line?: number }[];
  readonly reproduced?: Reproduced;
}

export type Unproven =
  | { readonly kind: "mistakes"; readonly mistakes: readonly Mistake[] }
  /** Evaluations that gave no usable answer. */
  | { readonly kind: "failures"; readonly failures: readonly string[] };

export interface ProveOptions {
  /** Unix milliseconds: the moment that is tried first. */
  readonly at: number;
  /** At most so many sets of groups for each agent, but never fewer than none, each alone and all; by default what is quick. */
  readonly groupSets?: number;
  readonly progress?: (done: number, all: number) => void;
}

const kinds = ["tool", "prompt", "resource"] as const;

/** Checks invariants over every agent, mode and target, and over users with combinations of groups. */
export async function provePolicies(workbench: Workbench, read: Invariants, options: ProveOptions): Promise<Result<Proof, Unproven>> {
  const { source, data, modules } = workbench;
  const { tools, prompts, resources } = data.catalog;
  const targets = [tools, prompts, resources]
    .flatMap((table) => Object.values(table))
    .reduce((sum, own) => sum + Object.keys(own).length, 0);
  const tried = triedGroups(data, modules, read.invariants, targets, options.groupSets);
  const { at, progress } = options;
  const table = await accessOf(workbench, { at, groups: tried.sets, kinds, ...(progress && { progress }) });
  if (table.failures.length > 0) return err({ kind: "failures", failures: table.failures });
  const facts = proofFacts(data, [...tried.names, ...Object.keys(data.catalog.groups), ...approvers(modules)]);
  const mistakes = nameMistakes(read, table, facts);
  if (mistakes.length > 0) return err({ kind: "mistakes", mistakes });
  const places = await placesIn(source, modules);
  const verdicts: ProvenVerdict[] = [];
  for (const [index, verdict] of prove(read, table, facts).entries()) {
    const invariant = read.invariants[index];
    const counterExamples: ProvenExample[] = [];
    for (const example of invariant === undefined ? [] : verdict.counterExamples) {
      counterExamples.push(await completed(workbench, places, example, invariant, at));
    }
    verdicts.push({ ...verdict, counterExamples });
  }
  const { callers } = table;
  return ok({
    file: read.file,
    source,
    verdicts,
    notes: [...tried.notes, ...table.notes],
    callers: callers.length,
    targets: table.targets.length,
  });
}

async function completed(
  workbench: Workbench,
  places: Places,
  example: CounterExample,
  invariant: Invariant | undefined,
  at: number,
): Promise<ProvenExample> {
  const window = invariant && windowOf(invariant);
  const options = { at, window, name: invariant?.name ?? "", want: invariant === undefined ? "deny" : wantOf(invariant) };
  const reproduced = await reproduce(workbench, example, options);
  const permits = reproduced === undefined || reproduced.permits.length === 0 ? example.cell.permits : reproduced.permits;
  const permittedBy = permits.map((permit) => ({
    text: permit.rule === "role" ? `role ${permit.id}` : `permit "${permit.id}" of policy.${permit.rule}`,
    ...places.permit(permit),
  }));
  return { ...example, permittedBy, ...(reproduced && { reproduced }) };
}

function wantOf({ always, may }: Invariant): string {
  if (may !== undefined) return "allow";
  if (always === "unknown" || always === "closed" || always === "ask") return always === "closed" ? "deny" : always;
  return always === undefined ? "deny" : "approval" in always ? "ask" : "deny";
}

/** Groups that approve, which need not be groups of users. */
function approvers(modules: ReadonlyMap<string, string>): readonly string[] {
  return [...modules.values()].flatMap((text) => [...text.matchAll(/"group":\s*"([^"\n]{1,256})"/g)].flatMap(([, group]) => group ?? []));
}
