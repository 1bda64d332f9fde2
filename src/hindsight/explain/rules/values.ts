import { callAt, childrenOf, fixedPath, isComprehension, isEvery, isNode, isTerm, type Term, textOf } from "../../../authoring/index.ts";
import type { Value } from "../explanation.ts";
import { type Leaves, leafAt } from "./leaves.ts";
import { placeOf, type SourceClause, type SourceCondition } from "./source.ts";
import { orderOf, type Step } from "./trace.ts";

/** What conditions are looked at with. */
export interface Scene {
  readonly input: unknown;
  readonly data: unknown;
  readonly leaves: Leaves;
}

/** One instant of an evaluation. */
export interface Moment {
  readonly scene: Scene;
  readonly clause: SourceClause;
  /** What was asked so far in this run. */
  readonly steps: readonly Step[];
  /** The step whose variables count. */
  readonly step: Step;
}

/** Operators that are written between their operands. */
export const infix: ReadonlySet<string> = new Set(
  "equal eq assign neq gt gte lt lte plus minus mul div rem and or internal.member_2 internal.member_3".split(" "),
);

/** The values of everything that a condition names, each once, in the order in which it names them. */
export function valuesOf(moment: Moment, { node }: SourceCondition): readonly Value[] {
  const found = new Map<string, Value>();
  collect(isNode(node) ? node.terms : node, true, moment, found);
  return [...found.values()];
}

function collect(node: unknown, top: boolean, moment: Moment, found: Map<string, Value>): void {
  if (isComprehension(node)) return;
  if (isTerm(node) && (node.type === "ref" || node.type === "var")) {
    collectRef(node, moment, found);
    return;
  }
  const call = callOf(node);
  const below = isEvery(node) && isNode(node) ? [node.domain] : (call?.operands ?? childrenOf(node));
  for (const one of below) collect(one, false, moment, found);
  if (!top && call !== undefined && !infix.has(call.name)) note(valueAt(moment, node), found);
}

/** As a term, or as the operator and operands of a whole expression. */
function callOf(node: unknown): ReturnType<typeof callAt> {
  return Array.isArray(node) && isOperator(node[0]) ? callAt({ terms: node }) : callAt(node);
}

function isOperator(node: unknown): boolean {
  return isTerm(node) && node.type === "ref" && node.value !== undefined;
}

function collectRef(node: Term, moment: Moment, found: Map<string, Value>): void {
  note(valueAt(moment, node), found);
  if (node.type !== "ref") return;
  for (const part of childrenOf(node.value).slice(1)) if (isTerm(part) && part.type !== "string") collect(part, false, moment, found);
}

function note(value: Value | undefined, found: Map<string, Value>): void {
  if (value !== undefined && !found.has(value.path)) found.set(value.path, value);
}

/** What a reference, variable or call stands for; nothing for a literal, for a rule without a value of its own, and where it cannot be told. */
export function valueAt(moment: Moment, node: unknown): Value | undefined {
  if (!isTerm(node)) return undefined;
  if (node.type === "call") return calledAt(moment, node);
  if (node.type !== "ref" && node.type !== "var") return undefined;
  const { clause, scene } = moment;
  const path = clause.naming.pathOf(node);
  const shown = shownRef(node);
  const parts = Array.isArray(node.value) ? node.value.length : 1;
  const whole = node.type === "var" || fixedPath(node).length === parts;
  const [root = "", ...rest] = path;
  if (root === "input") {
    if (leafAt(scene.leaves, rest) !== undefined) return { path: shown, state: "masked" };
    return whole ? read(shown, scene.input, rest) : dynamic(moment, node, shown);
  }
  if (clause.naming.ruleOf(node) !== undefined) return placed(moment, node, shown);
  if (root === "data") return whole ? read(shown, scene.data, rest) : dynamic(moment, node, shown);
  const local = localNamed(moment, root);
  if (local === undefined) return undefined;
  return whole ? read(shown, local.value, rest) : placed(moment, node, shown);
}

/** As written, on one line. */
function shownRef(node: Term): string {
  const text = textOf(node).replace(/\s+/g, " ");
  return text === "" ? String(node.value) : text;
}

function read(path: string, from: unknown, members: readonly string[]): Value {
  let value = from;
  for (const member of members) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, member)) return { path, state: "missing" };
    value = (value as Readonly<Record<string, unknown>>)[member];
  }
  return value === undefined ? { path, state: "missing" } : { path, state: "there", value };
}

/** A reference with a variable or another reference in its brackets. */
function dynamic(moment: Moment, node: Term, shown: string): Value | undefined {
  const members: string[] = [];
  for (const part of childrenOf(node.value).slice(1)) {
    const member = isTerm(part) && part.type === "string" ? part.value : valueAt(moment, part)?.value;
    if (typeof member !== "string" && typeof member !== "number") return placed(moment, node, shown);
    members.push(String(member));
  }
  const { scene, clause } = moment;
  const [root = "", ...rest] = clause.naming.pathOf({ type: "var", value: fixedPath(node)[0] ?? "" });
  return read(shown, root === "input" ? scene.input : scene.data, [...rest, ...members]);
}

/** What OPA kept of it under a name of its own, told by the place in the source. */
function placed({ step }: Moment, node: Term, shown: string): Value | undefined {
  const { line, col } = placeOf(node);
  const here = step.locals.filter((local) => local.row === line && local.col === col && local.name === local.compiled);
  const [only, ...more] = here;
  return only === undefined || more.length > 0 ? undefined : { path: shown, state: "there", value: only.value };
}

function calledAt({ steps, step }: Moment, node: Term): Value | undefined {
  const call = callAt(node);
  const { line, col } = placeOf(node);
  const asked = steps.findLast((one) => one.at <= step.at && one.row === line && one.col === col && operatorOf(one) === call?.name);
  const output = asked && outputOf(asked);
  const local = step.locals.find(({ compiled }) => compiled === output);
  return local === undefined ? undefined : { path: shownRef(node), state: "there", value: local.value };
}

function operatorOf(step: Step): string | undefined {
  if (orderOf(step) === undefined) return undefined;
  const name = callAt(step.node)?.name;
  // A function of the package is named with its whole path once it is compiled.
  return name?.startsWith("data.policy.") ? name.split(".").slice(3).join(".") : name;
}

function outputOf({ node }: Step): string | undefined {
  const last = callAt(node)?.operands.at(-1);
  return isTerm(last) && last.type === "var" ? String(last.value) : undefined;
}

function localNamed({ step }: Moment, name: string): { readonly value: unknown } | undefined {
  return step.locals.find((local) => local.name === name && local.value !== undefined);
}

const LONGEST = 48;

/** A value as text, cut where it is long. */
export function valueText(value: unknown, longest = LONGEST): string {
  const text = JSON.stringify(value) ?? "undefined";
  if (text.length <= longest) return text;
  if (Array.isArray(value)) {
    const shown: string[] = [];
    for (const item of value) {
      const next = valueText(item, Math.max(8, longest / 2));
      if (shown.join(", ").length + next.length > longest - 16) break;
      shown.push(next);
    }
    return `[${[...shown, `… ${value.length} in all`].join(", ")}]`;
  }
  if (typeof value === "string") return `${JSON.stringify(value.slice(0, Math.max(1, Math.floor(longest) - 3))).slice(0, -1)}…"`;
  return `${text.slice(0, Math.max(1, Math.floor(longest) - 2))} …`;
}

/** `input.args.amount = 700`. */
export function told({ path, state, value }: Value): string {
  if (state === "missing") return `${path} is not there`;
  return state === "masked" ? `${path} is masked` : `${path} = ${valueText(value)}`;
}
