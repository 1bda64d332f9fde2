import type { AccessCaller, AccessCell, AccessTable, AccessTarget } from "../access/index.ts";
import type { Met } from "../words/index.ts";
import type { ProofFacts } from "./facts.ts";
import { type Judged, type Judgement, judgeOf } from "./judge.ts";
import { type Invariant, statementText } from "./language.ts";
import type { Invariants } from "./read-invariants.ts";
import { callerSelector, targetSelector } from "./select.ts";

/** What came of one invariant. */
export interface Verdict {
  readonly name: string;
  readonly because?: string;
  /** In the words of the file. */
  readonly statement: string;
  readonly line?: number;
  readonly judgement: Judgement;
  /** How much was looked at. */
  readonly callers: number;
  readonly targets: number;
  readonly pairs: number;
  /** Pairs that fail, or of which it is not shown; those that fail first, one for each set of permits. */
  readonly counterExamples: readonly CounterExample[];
  readonly failing: Failing;
  /** Facts of the caller that rules look at and that were not tried. */
  readonly untried: readonly string[];
}

export interface Failing {
  readonly pairs: number;
  readonly callers: readonly AccessCaller[];
  readonly targets: readonly AccessTarget[];
  /** All that there are, so that few are not told as every. */
  readonly all: Pick<AccessTable, "callers" | "targets">;
}

export interface CounterExample {
  readonly caller: AccessCaller;
  readonly target: AccessTarget;
  readonly cell: AccessCell;
  readonly judgement: "fails" | "not_shown";
  readonly why: string;
  readonly meets?: ReadonlySet<Met>;
}

const MOST_EXAMPLES = 5;
const weight: Readonly<Record<Judgement, number>> = { proven: 0, sampled: 1, not_shown: 2, fails: 3 };

/** Client and request are claims: the build lets rules use them to tighten only, and nobody who claims nothing is kept out by them. */
const tightening: ReadonlySet<string> = new Set(["client", "request"]);

/** Checks every statement against every cell that it is about. Names and empty selectors have been looked at before. */
export function prove(read: Invariants, table: AccessTable, facts: ProofFacts): readonly Verdict[] {
  const grid = gridOf(table);
  return read.invariants.map((invariant, index) => {
    const line = read.line(index);
    const { because } = invariant;
    const found = invariant.may === undefined ? proveAll(invariant, grid, facts) : proveSome(invariant, grid, facts);
    const told = { name: invariant.name, statement: statementText(invariant), ...found };
    return { ...told, ...(because !== undefined && { because }), ...(line !== undefined && { line }) };
  });
}

type Found = Omit<Verdict, "name" | "because" | "statement" | "line">;

/** Cells by number, so that each is judged once a statement however often a table repeats it. */
interface Grid {
  readonly table: AccessTable;
  readonly cells: readonly AccessCell[];
  /** By row of alike callers, then target. */
  readonly numbers: Uint32Array;
}

function gridOf(table: AccessTable): Grid {
  const known = new Map<AccessCell, number>();
  const numbers = new Uint32Array(table.alike.length * table.targets.length);
  let at = 0;
  for (const [caller] of table.alike) {
    for (const target of table.targets) {
      if (caller === undefined) continue;
      const cell = table.cell(caller, target);
      let number = known.get(cell);
      if (number === undefined) {
        number = known.size;
        known.set(cell, number);
      }
      numbers[at++] = number;
    }
  }
  return { table, cells: [...known.keys()], numbers };
}

/** A statement about each pair. */
function proveAll(invariant: Invariant, { table, cells, numbers }: Grid, facts: ProofFacts): Found {
  const means = callerSelector(invariant.agents, invariant.users, facts);
  const exempt = invariant.only === undefined ? () => false : targetSelector(invariant.only, facts);
  const selected = targetSelector(invariant.targets, facts);
  const columns = [...table.targets.entries()].filter(([, target]) => selected(target) && !exempt(target));
  const judge = remembered(cells, judgeOf(invariant));
  const gathered = gathering(table);
  let callers = 0;
  for (const [row, alike] of table.alike.entries()) {
    const some = alike.filter(means);
    const [caller] = some;
    if (caller === undefined) continue;
    callers += some.length;
    for (const [column, target] of columns) {
      const number = numbers[row * table.targets.length + column] ?? 0;
      gathered.note(judge(number), cells[number], some, target);
    }
  }
  return { ...gathered.found(), callers, targets: columns.length, pairs: callers * columns.length };
}

/** A statement that for each agent and each target some of the callers meet. */
function proveSome(invariant: Invariant, { table, cells, numbers }: Grid, facts: ProofFacts): Found {
  const means = callerSelector(invariant.agents, invariant.users, facts);
  const selected = targetSelector(invariant.targets, facts);
  const columns = [...table.targets.entries()].filter(([, target]) => selected(target));
  const judge = remembered(cells, judgeOf(invariant));
  const gathered = gathering(table);
  const byAgent = new Map<string, { readonly row: number; readonly caller: AccessCaller }[]>();
  let callers = 0;
  for (const [row, alike] of table.alike.entries()) {
    for (const caller of alike) {
      if (!means(caller)) continue;
      callers++;
      const own = byAgent.get(caller.agent);
      if (own === undefined) byAgent.set(caller.agent, [{ row, caller }]);
      else own.push({ row, caller });
    }
  }
  for (const own of byAgent.values()) {
    for (const [column, target] of columns) {
      let best: { readonly judged: Judged; readonly cell: AccessCell | undefined; readonly caller: AccessCaller } | undefined;
      for (const { row, caller } of own) {
        const number = numbers[row * table.targets.length + column] ?? 0;
        const judged = judge(number);
        if (best === undefined || weight[judged.judgement] < weight[best.judged.judgement]) best = { judged, cell: cells[number], caller };
        if (weight[judged.judgement] === 0) break;
      }
      if (best !== undefined) gathered.note(best.judged, best.cell, [best.caller], target);
    }
  }
  return { ...gathered.found(), callers, targets: columns.length, pairs: byAgent.size * columns.length };
}

function remembered(cells: readonly AccessCell[], judge: (cell: AccessCell) => Judged): (number: number) => Judged {
  const known = new Array<Judged | undefined>(cells.length);
  return (number) => {
    const cell = cells[number];
    if (cell === undefined) throw new Error(`no cell ${number}`);
    const judged = known[number] ?? judge(cell);
    known[number] = judged;
    return judged;
  };
}

function gathering({ callers: everybody, targets: everything }: AccessTable) {
  const untried = new Set<string>();
  const seen = new Set<AccessCell>();
  const exampled = new Set<AccessCell>();
  const examples = new Map<string, CounterExample>();
  const failingCallers = new Set<AccessCaller>();
  const failingTargets = new Set<AccessTarget>();
  let worst: Judgement = "proven";
  let pairs = 0;
  return {
    note({ judgement, why = "", meets }: Judged, cell: AccessCell | undefined, callers: readonly AccessCaller[], target: AccessTarget) {
      const [caller] = callers;
      if (cell === undefined || caller === undefined) return;
      if (!seen.has(cell)) {
        seen.add(cell);
        for (const fact of cell.conditions.facts) if (!tightening.has(fact)) untried.add(fact);
      }
      if (weight[judgement] > weight[worst]) worst = judgement;
      if (judgement !== "fails" && judgement !== "not_shown") return;
      pairs += callers.length;
      for (const one of callers) failingCallers.add(one);
      failingTargets.add(target);
      if (exampled.has(cell)) return;
      exampled.add(cell);
      const key = `${judgement} ${why} ${JSON.stringify(cell.permits)}`;
      if (!examples.has(key)) examples.set(key, { caller, target, cell, judgement, why, ...(meets && { meets }) });
    },
    found: () => ({
      judgement: worst,
      counterExamples: [...examples.values()].sort((a, b) => weight[b.judgement] - weight[a.judgement]).slice(0, MOST_EXAMPLES),
      failing: { pairs, callers: [...failingCallers], targets: [...failingTargets], all: { callers: everybody, targets: everything } },
      untried: [...untried].sort(),
    }),
  };
}

/** Whether it may be built upon. */
export function holds({ judgement }: Pick<Verdict, "judgement">): boolean {
  return judgement === "proven" || judgement === "sampled";
}
