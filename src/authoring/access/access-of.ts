import type { Decision } from "../../core/decision.ts";
import type { Workbench } from "../workbench/index.ts";
import type { AccessCell, AccessTable } from "./access.ts";
import { askAll } from "./ask.ts";
import { callersOf, type ReadyCaller } from "./callers.ts";
import { callerKey, costsArguments, type Distinction, distinctionOf, type LibraryFacts, libraryFacts, targetKey } from "./classes.ts";
import { type Judges, judgesOf, policyFactsOf } from "./judges.ts";
import { affordableMoments } from "./moments.ts";
import { failuresSince, noteOnEnds, notesOn } from "./notes.ts";
import type { AccessSelection } from "./selection.ts";
import { assembleTable, type Block } from "./table.ts";
import { type ReadyTarget, type TargetGroup, targetsOf } from "./wanted-targets.ts";

/** Lists are judged by the evaluator's threads, decisions here; more at once would only wait. */
const AT_ONCE = 4;

const nothing: LibraryFacts = { key: "", sides: [] };

interface Work {
  readonly group: TargetGroup;
  readonly judges: Judges;
  readonly distinction: Distinction;
  /** For each caller, its class. */
  readonly classOf: Uint32Array;
  /** One caller of each class, by its place. */
  readonly representatives: number[];
  readonly library: LibraryFacts[];
}

/**
 * Asks the production evaluator who may use what. What the selection names and nobody knows is told in a note. Callers and
 * targets that nothing tells apart are asked once. Nothing is thrown for a policy that cannot be evaluated: see `failures`.
 */
export async function accessOf(workbench: Workbench, selection: AccessSelection): Promise<AccessTable> {
  const wanted = targetsOf(workbench, selection);
  const facts = policyFactsOf(workbench);
  const judged = wanted.groups.map((group) => ({ group, judges: judgesOf(facts, group.server, group.kind) }));
  const groupsAreRead = judged.some(({ judges: { reads } }) => reads === undefined || reads.some(readsGroups));
  const ready = callersOf(workbench, selection, groupsAreRead);
  const before = workbench.failures().length;
  const works = classify(workbench, ready.callers, judged, selection.at);
  const all = works.reduce((sum, { representatives }) => sum + representatives.length, 0);
  const cells = new Cells();
  const blocks: Block[] = [];
  let done = 0;
  for (const work of works) {
    blocks.push(await ask(workbench, selection, ready.callers, work, cells, () => selection.progress?.(++done, all)));
  }
  return assembleTable({
    callers: ready.callers.map(({ caller }) => caller),
    blocks,
    failures: failuresSince(workbench, before),
    notes: [...wanted.notes, ...ready.notes, ...notesOn(judged, groupsAreRead), ...noteOnEnds(workbench, selection.at)],
  });
}

function readsGroups([head, part]: readonly string[]): boolean {
  return head === "user" && (part === undefined || part === "groups");
}

/** The class of each caller for each group of targets. Callers are read one after the other: there may be many. */
function classify(
  workbench: Workbench,
  callers: readonly ReadyCaller[],
  judged: readonly { readonly group: TargetGroup; readonly judges: Judges }[],
  at: number,
): readonly Work[] {
  const works = judged.map(({ group, judges }) => ({
    ...{ group, judges, distinction: distinctionOf(workbench.data, group, judges), representatives: [], library: [] },
    classOf: new Uint32Array(callers.length),
  })) satisfies readonly Work[] as readonly Work[];
  const known = works.map(() => new Map<string, number>());
  const [anything] = works[0]?.group.targets ?? [];
  if (anything === undefined) return works;
  for (const [place, { rehearsed }] of callers.entries()) {
    const document = documentOf(workbench.rehearsal.callInput(rehearsed, anything.asked, { now: at }));
    for (const [number, work] of works.entries()) {
      const key = callerKey(work.distinction, document, rehearsed.facts.digest);
      const classes = known[number];
      let found = classes?.get(key);
      if (found === undefined) {
        found = work.representatives.push(place) - 1;
        work.library.push(libraryFacts(work.distinction, document));
        classes?.set(key, found);
      }
      work.classOf[place] = found;
    }
  }
  return works;
}

async function ask(
  workbench: Workbench,
  { at }: AccessSelection,
  callers: readonly ReadyCaller[],
  { group, judges, distinction, representatives, library, classOf }: Work,
  cells: Cells,
  progress: () => void,
): Promise<Block> {
  const { rehearsal } = workbench;
  const [somebody] = callers;
  const targets =
    somebody === undefined ? { classOf: [], representatives: [] } : targetClasses(workbench, group, distinction, somebody, at);
  const names = targets.representatives.map(({ target }) => target.id.slice(target.server.length + 1));
  const questions = {
    ...{ rehearsal, judges, targets: targets.representatives },
    moments: affordableMoments(judges.clock, at, rehearsal.catalog.timezone, representatives.length * targets.representatives.length),
    grants: names.map((name) => distinction.grants(name)),
    arguments: names.map((name) => judges.arguments || costsArguments(judges.obliged(name))),
    byRoles: new Map<string, Decision>(),
  };
  const rows: (readonly AccessCell[])[] = [];
  const waiting = [...representatives.entries()].reverse();
  const work = async () => {
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const [number, place] = next;
      const caller = callers[place];
      if (caller === undefined) throw new Error(`there is no caller ${place}`);
      const { rehearsed } = caller;
      const asked = { rehearsed, library: library[number] ?? nothing, user: caller.caller.groups !== undefined };
      rows[number] = cells.row(await askAll(questions, asked));
      progress();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return { targets: group.targets.map(({ target }) => target), callerClass: classOf, targetClass: targets.classOf, rows };
}

function targetClasses(
  { rehearsal }: Workbench,
  { targets }: TargetGroup,
  distinction: Distinction,
  { rehearsed }: ReadyCaller,
  now: number,
) {
  const known = new Map<string, number>();
  const representatives: ReadyTarget[] = [];
  const classOf = targets.map((one) => {
    const { target, asked, sample } = one;
    const text = rehearsal.callInput(rehearsed, asked, { now, ...(sample !== undefined && { args: sample }) });
    const key = targetKey(distinction, target, documentOf(text), sample !== undefined);
    const found = known.get(key) ?? representatives.push(one) - 1;
    known.set(key, found);
    return found;
  });
  return { classOf, representatives };
}

function documentOf(text: string): Readonly<Record<string, unknown>> {
  return JSON.parse(text) as Readonly<Record<string, unknown>>;
}

/** Equal cells are one object, and equal rows one list: a table of a million cells holds few. */
class Cells {
  readonly #cells = new Map<string, { readonly cell: AccessCell; readonly number: number }>();
  readonly #rows = new Map<string, readonly AccessCell[]>();

  row(cells: readonly AccessCell[]): readonly AccessCell[] {
    const interned = cells.map((cell) => this.#intern(cell));
    const key = interned.map(({ number }) => number).join(" ");
    const row = this.#rows.get(key) ?? interned.map(({ cell }) => cell);
    this.#rows.set(key, row);
    return row;
  }

  #intern(cell: AccessCell) {
    const key = JSON.stringify(cell);
    const known = this.#cells.get(key) ?? { cell, number: this.#cells.size };
    this.#cells.set(key, known);
    return known;
  }
}
