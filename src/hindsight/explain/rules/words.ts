import { callAt, isEvery, isNode, isTerm, textOf } from "../../../authoring/index.ts";
import type { Value } from "../explanation.ts";
import type { SourceCondition } from "./source.ts";
import { infix, type Moment, told, valueAt, valueText } from "./values.ts";

/** `holds`: what is said of a condition that held; the other of one that did not. */
const comparisons: Readonly<Record<string, readonly [holds: string, fails: string]>> = {
  equal: ["is", "is not"],
  eq: ["is", "is not"],
  neq: ["is not", "is"],
  gt: ["is above", "is not above"],
  gte: ["is at least", "is not at least"],
  lt: ["is below", "is not below"],
  lte: ["is at most", "is not at most"],
};

/** What a condition came to, in words. `missing` is the path that made it undefined. */
export function whyOf(moment: Moment, condition: SourceCondition, values: readonly Value[], held: boolean, missing?: string): string {
  if (missing !== undefined) return `${missing} is not there, so it is undefined`;
  const { node } = condition;
  const terms = isNode(node) ? node.terms : undefined;
  if (isNode(node) && node.negated === true) return `${condition.text.replace(/^not\s+/, "")} ${held ? "does not hold" : "holds"}`;
  if (isEvery(terms)) return `${held ? "holds" : "does not hold"} for every one`;
  if (isNode(terms) && "symbols" in terms) return declared(values, held, condition);
  const said = compared(moment, node, held);
  if (said === undefined) return plain(condition, values, held);
  // What a function was asked with says more than what it answered.
  const more = values.filter(({ path }) => !said.includes(`${path} `)).map(told);
  return more.length === 0 ? said : `${said} (${more.join(", ")})`;
}

/** `some x in xs`. */
function declared(values: readonly Value[], held: boolean, { text }: SourceCondition): string {
  const [first] = values;
  if (held && first !== undefined) return told(first);
  return first === undefined ? `${text} has no element` : `${told(values.at(-1) ?? first)} has no such element`;
}

function compared(moment: Moment, node: unknown, held: boolean): string | undefined {
  const call = callAt(node);
  const [left, right] = call?.operands ?? [];
  if (call === undefined || left === undefined || right === undefined) return undefined;
  if (call.name === "assign") return held ? operand(moment, left) : `${shown(right)} has no value`;
  if (call.name === "internal.member_2") {
    if (valueAt(moment, left) === undefined) return `${operand(moment, right)} ${held ? "has" : "does not have"} ${shown(left)}`;
    return `${operand(moment, left)} is ${held ? "" : "not "}in ${operand(moment, right)}`;
  }
  const words = Object.hasOwn(comparisons, call.name) ? comparisons[call.name] : undefined;
  if (words === undefined) return undefined;
  const word = words[held ? 0 : 1];
  const value = valueAt(moment, left);
  // To say the value of what is equal once is enough.
  if (word === "is" && value?.state === "there") return `${value.path} is ${valueText(value.value)}`;
  return `${operand(moment, left)} ${word} ${operand(moment, right)}`;
}

function operand(moment: Moment, node: unknown): string {
  const value = valueAt(moment, node);
  return value === undefined ? shown(node) : told(value);
}

/** As written; a literal list or set as it is. */
function shown(node: unknown): string {
  const text = textOf(node).replace(/\s+/g, " ");
  if (text !== "") return text;
  return isTerm(node) ? valueText(node.value) : "";
}

/** A rule, a function, a built-in that says yes or no. */
function plain({ text, node }: SourceCondition, values: readonly Value[], held: boolean): string {
  const call = callAt(node);
  const about = values.filter(({ path }) => path !== text).map(told);
  const verdict =
    call !== undefined && !infix.has(call.name) && call.name !== "" ? `${call.name.replace(/^data\.policy\.[^.]+\./, "")}(…)` : text;
  return `${verdict} ${held ? "holds" : "does not hold"}${about.length === 0 ? "" : `: ${about.join(", ")}`}`;
}
