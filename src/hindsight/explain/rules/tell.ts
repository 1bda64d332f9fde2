import { callAt, isEvery, isNode, namesIn } from "../../../authoring/index.ts";
import type { Condition, RuleTold } from "../explanation.ts";
import { tainted } from "./leaves.ts";
import { conditionAt, conditionsOf, type SourceClause, type SourceCondition, type Sources } from "./source.ts";
import { isGenerated, orderOf, type Run, type Step, type Trace } from "./trace.ts";
import { type Moment, type Scene, told, valuesOf } from "./values.ts";
import { whyOf } from "./words.ts";

/** Everything that one evaluation is told from. */
export interface Telling {
  readonly scene: Scene;
  readonly sources: Sources;
  readonly trace: Trace;
}

/** Rules inside rules are followed so deep. */
const DEEPEST = 2;

/** What became of one clause in one of its evaluations. */
export function tellRun(telling: Telling, run: Run, clause: SourceClause, depth = 0): RuleTold {
  const { own, rule, file, line, element } = clause;
  const head = { package: own.name, rule, name: nameOf(element, rule), file, line, ...(element !== undefined && { element }) } as const;
  const hidden = tainted(clause, telling.scene.leaves);
  const asked = run.steps.filter(({ op }) => op === "Eval");
  const unjudged = asked.map((step) => conditionOf(clause, step)).find((one) => one !== undefined && hidden.has(one));
  const exit = run.steps.find(({ op }) => op === "Exit");
  const failed = exit === undefined ? furthestFail(run) : undefined;
  const moment = { scene: telling.scene, clause, steps: run.steps, step: exit ?? failed?.step ?? lastOf(run) };
  if (unjudged !== undefined) {
    const before = passedBefore(telling, moment, run, unjudged, depth);
    return { ...head, state: "unjudgeable", conditions: before, failed: unjudgeable(moment, unjudged, hidden.get(unjudged) ?? "") };
  }
  if (exit !== undefined) {
    const conditions = clause.conditions.map((one) => tellCondition(telling, moment, run, one, true, depth));
    const times = run.steps.filter(({ op }) => op === "Exit").length;
    return { ...head, state: "held", conditions, ...(times > 1 && { times }) };
  }
  const condition = failed && conditionOf(clause, failed.step);
  if (failed === undefined || condition === undefined) return { ...head, state: "not_held", conditions: [] };
  return {
    ...head,
    state: "not_held",
    conditions: passedBefore(telling, moment, run, condition, depth),
    failed: tellCondition(telling, moment, run, condition, false, depth),
    ...(failed.times > 1 && { times: failed.times }),
  };
}

/** What an element is called: code of a denial, id of a permit, type of an obligation. */
export function nameOf(element: unknown, rule: string): string {
  if (!isNode(element)) return rule;
  const name = [element.code, element.id, element.type, element.path].find((one) => typeof one === "string");
  return typeof name === "string" ? name : rule;
}

/** The failure that OPA came furthest to, and how often it was that one: a rule that goes through a list fails once for each element. */
function furthestFail({ steps }: Run): { readonly step: Step; readonly times: number } | undefined {
  const fails = steps.filter(({ op }) => op === "Fail");
  const furthest = Math.max(...fails.map((step) => orderOf(step) ?? 0));
  const there = fails.filter((step) => (orderOf(step) ?? 0) === furthest);
  const [step] = there;
  return step && { step, times: there.length };
}

function lastOf({ steps }: Run): Step {
  return steps.at(-1) ?? { op: "", node: undefined, row: 0, col: 0, at: 0, locals: [] };
}

function conditionOf({ conditions }: SourceClause, { row, col }: Step): SourceCondition | undefined {
  return conditionAt(conditions, row, col);
}

/** What was asked and held before it, in the order of the source. */
function passedBefore(telling: Telling, moment: Moment, run: Run, stop: SourceCondition, depth: number): readonly Condition[] {
  const until = run.steps.find((step) => step.op === "Eval" && conditionOf(moment.clause, step) === stop)?.at ?? 0;
  const asked = new Set(run.steps.filter(({ op, at }) => op === "Eval" && at < until).map((step) => conditionOf(moment.clause, step)));
  const passed = moment.clause.conditions.filter((one) => one !== stop && asked.has(one));
  return passed.map((one) => tellCondition(telling, moment, run, one, true, depth));
}

function unjudgeable(moment: Moment, condition: SourceCondition, leaf: string): Condition {
  const { text, line } = condition;
  return { text, line, why: `${leaf} is masked: cannot be judged`, values: valuesOf(moment, condition), inside: [] };
}

function tellCondition(telling: Telling, moment: Moment, run: Run, condition: SourceCondition, held: boolean, depth: number): Condition {
  const values = valuesOf(moment, condition);
  const negated = isNode(condition.node) && condition.node.negated === true;
  // A generated step fetches an operand; only a missing one makes it fail. Where nothing is fetched apart, the values tell.
  const missing = held || negated ? undefined : missingOf(moment, values, condition);
  const inside = depth < DEEPEST && missing === undefined ? insideOf(telling, run, condition, moment, held, depth) : [];
  const why = whyOf(moment, condition, values, held, missing);
  return { text: condition.text, line: condition.line, why, values, ...(missing !== undefined && { missing }), inside };
}

function missingOf({ step, scene }: Moment, values: ReturnType<typeof valuesOf>, { node }: SourceCondition): string | undefined {
  const missing = values.find(({ state }) => state === "missing");
  if (missing === undefined || (!isGenerated(step) && callAt(node) === undefined && !isNode(node))) return undefined;
  const whole = isNode(scene.input) && "args" in scene.input;
  return !whole && missing.path.startsWith("input.args.") ? "input.args" : missing.path;
}

/** Rules and functions of the package that a condition asks, with what came of each of their clauses; of an `every` what failed it. */
function insideOf(
  telling: Telling,
  run: Run,
  condition: SourceCondition,
  { clause, step }: Moment,
  held: boolean,
  depth: number,
): readonly RuleTold[] {
  const { node } = condition;
  const until = step.at;
  const since = run.steps.findLast((one) => one.op === "Eval" && one.at < until && conditionOf(clause, one) === condition)?.at ?? 0;
  const terms = isNode(node) ? node.terms : undefined;
  if (isNode(terms) && isEvery(terms)) return held ? [] : failedElement(telling, run, clause, { terms, since, until });
  const names = [...namesIn(terms, ["policy", clause.own.name], new Set(clause.own.clauses.keys()))];
  return names.flatMap((name) => {
    const here = rulesBelow(run).filter((one) => one.rule?.name === name && one.at >= since && one.at <= until);
    return clausesTold(telling, here.length > 0 ? here : askedBefore(telling, clause, name, since), depth);
  });
}

/** A rule without arguments is asked once; what came of it then holds for the whole evaluation. */
function askedBefore({ trace }: Telling, { own, file }: SourceClause, name: string, until: number): readonly Run[] {
  const isFunction = own.clauses.get(name)?.some(({ rule }) => rule.head.args !== undefined) === true;
  if (isFunction) return [];
  const folder = file.slice(0, file.lastIndexOf("/") + 1);
  const before = trace.runs.filter((one) => one.rule?.name === name && one.at < until && one.file.startsWith(folder));
  const [first] = before;
  return before.filter((one) => one.parent === first?.parent);
}

function clausesTold(telling: Telling, runs: readonly Run[], depth: number): readonly RuleTold[] {
  const told = runs.flatMap((one) => {
    const source = one.rule && !one.rule.isDefault ? telling.sources.clauseAt(one.file, one.row, one.rule.name) : undefined;
    return source === undefined ? [] : [tellRun(telling, one, source, depth + 1)];
  });
  const held = told.filter(({ state }) => state === "held");
  return held.length > 0 ? held : told;
}

/** Runs of rules that this one led to, through bodies but through no other rule. */
function rulesBelow(run: Run): readonly Run[] {
  return run.children.flatMap((child) => (child.rule === undefined ? rulesBelow(child) : [child]));
}

interface EveryAsked {
  readonly terms: Readonly<Record<string, unknown>>;
  readonly since: number;
  readonly until: number;
}

/** The first element for which the body of an `every` did not hold, as if that body were a rule of its own. */
function failedElement(telling: Telling, run: Run, clause: SourceClause, { terms, since, until }: EveryAsked): readonly RuleTold[] {
  const bodies = run.children
    .filter((child) => child.rule === undefined && child.at >= since && child.at <= until)
    .flatMap(({ children }) => children);
  const body = bodies.find((child) => child.rule === undefined && !child.steps.some(({ op }) => op === "Exit"));
  const fail = body && furthestFail(body);
  if (body === undefined || fail === undefined) return [];
  const inner: SourceClause = { ...clause, conditions: conditionsOf(terms.body), element: undefined };
  const moment: Moment = { scene: telling.scene, clause: inner, steps: body.steps, step: fail.step };
  const condition = conditionOf(inner, fail.step);
  if (condition === undefined) return [];
  const names = [terms.key, terms.value].flatMap((one) => (isNode(one) && typeof one.value === "string" ? [one.value] : []));
  const bound = fail.step.locals
    .filter(({ name }) => names.includes(name))
    .map(({ name, value }) => told({ path: name, state: "there", value }));
  return [
    {
      package: clause.own.name,
      rule: "every",
      name: bound.join(", "),
      file: clause.file,
      line: condition.line,
      state: "not_held",
      conditions: [],
      failed: tellCondition(telling, moment, body, condition, false, DEEPEST),
    },
  ];
}

/** Runs of the rules that were asked for themselves, not by another rule. */
export function outermost({ runs }: Trace): readonly Run[] {
  return runs.filter((run) => run.rule !== undefined && !run.rule.isDefault && !insideRule(run));
}

function insideRule({ parent }: Run): boolean {
  return parent !== undefined && (parent.rule !== undefined || insideRule(parent));
}
