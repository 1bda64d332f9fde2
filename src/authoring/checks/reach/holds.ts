import { isDeepStrictEqual } from "node:util";
import { targetKinds } from "../../../core/methods.ts";
import { callAt, childrenOf, isEvery, isNode, isTerm } from "../../rego/index.ts";
import type { TableData } from "../../tables/index.ts";
import type { Origin } from "./origin.ts";
import { branchesOf, defaultOf, ownRuleOf, type Scope, scopeOf, standsFor, withBody } from "./scope.ts";
import { factAt, type Target, unknown } from "./target.ts";
import type { Value } from "./value.ts";

/** What is known while a body is asked about one target. */
export interface Known {
  readonly target: Target;
  readonly tables: TableData | undefined;
}

type Maybe = boolean | typeof unknown;

const kinds: ReadonlySet<string> = new Set(targetKinds);

/**
 * Whether a body can hold for a target, as far as the tables tell: false if it never does, true if it always does,
 * `unknown` where it depends on the call, or is written in a way that is not followed here.
 */
export function bodyHolds(body: unknown, scope: Scope, known: Known): Maybe {
  let all: Maybe = true;
  for (const expression of childrenOf(body)) {
    const holds = expressionHolds(expression, scope, known);
    if (holds === false) return false;
    if (holds === unknown) all = unknown;
  }
  return all;
}

function expressionHolds(expression: unknown, scope: Scope, known: Known): Maybe {
  if (!isNode(expression) || isEvery(expression.terms)) return unknown;
  if (Array.isArray(expression.with) && expression.with.length > 0) return unknown;
  if (isNode(expression.terms) && "symbols" in expression.terms) return unknown;
  const holds = truthOf(isTerm(expression.terms) ? expression.terms : expression, scope, known);
  if (expression.negated !== true || holds === unknown) return holds;
  return !holds;
}

function truthOf(node: unknown, scope: Scope, known: Known): Maybe {
  const value = answerOf(node, scope, known);
  return value === unknown ? unknown : value !== undefined && value !== false;
}

/** What a term or call is for the target; undefined where it has no value. */
function answerOf(node: unknown, scope: Scope, known: Known): unknown {
  const call = callAt(node);
  if (call !== undefined) return answerOfCall(node, call.name, call.operands, scope, known);
  const rule = ownRuleOf(node, scope);
  if (rule !== undefined) return rule.rest.length > 0 ? unknown : ruleAnswer(rule.name, [], scope, known);
  return answerOfValue(standsFor(node, scope), known);
}

function answerOfValue({ constant, origins }: Value, known: Known): unknown {
  if (constant !== undefined) return constant.value;
  const [only, second] = origins;
  return only === undefined || second !== undefined ? unknown : answerAt(only, known);
}

function answerAt({ root, path }: Origin, { target, tables }: Known): unknown {
  if (root === "input") return factAt(target, kinds, path);
  const [table, ...rest] = path;
  if (tables === undefined || (table !== "custom" && table !== "settings")) return unknown;
  let value: unknown = tables[table];
  for (const step of rest) {
    if (step === null) return unknown;
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}

function answerOfCall(node: unknown, name: string, operands: readonly unknown[], scope: Scope, known: Known): unknown {
  const operator = isNode(node) ? childrenOf(node.type === "call" ? node.value : node.terms)[0] : undefined;
  const own = ownRuleOf(operator, scope);
  if (own !== undefined)
    return ruleAnswer(
      own.name,
      operands.map((operand) => standsFor(operand, scope)),
      scope,
      known,
    );
  if (name === "internal.member_2") return memberAnswer(operands, scope, known);
  const answers = operands.map((operand) => answerOf(operand, scope, known));
  if (answers.includes(undefined)) return undefined;
  const [left, right] = answers;
  return answers.length !== 2 || answers.includes(unknown) ? unknown : compare(name, left, right);
}

/** One of several words on the left may fit. */
function memberAnswer([element, list]: readonly unknown[], scope: Scope, known: Known): unknown {
  const all = answerOf(list, scope, known);
  if (all === undefined || all === unknown) return all;
  if (!Array.isArray(all)) return unknown;
  const one = answerOf(element, scope, known);
  if (one !== unknown) return one === undefined ? undefined : all.some((item) => isDeepStrictEqual(item, one));
  const { words } = standsFor(element, scope);
  return words === undefined || words.some((word) => all.includes(word)) ? unknown : false;
}

function compare(name: string, left: unknown, right: unknown): unknown {
  // A set that is written out is a list here, in another order than the one it would be compared with.
  if (name === "equal" || name === "eq" || name === "neq") {
    if (Array.isArray(left) && !isDeepStrictEqual(left, right)) return unknown;
    return isDeepStrictEqual(left, right) === (name !== "neq");
  }
  if (typeof left !== "string" || typeof right !== "string") return unknown;
  if (name === "startswith") return left.startsWith(right);
  if (name === "endswith") return left.endsWith(right);
  return name === "contains" ? left.includes(right) : unknown;
}

function ruleAnswer(name: string, operands: readonly Value[], scope: Scope, known: Known): unknown {
  if (scope.busy.has(name)) return unknown;
  const busy = new Set([...scope.busy, name]);
  let may = false;
  for (const clause of scope.own.clauses.get(name) ?? []) {
    if (clause.rule.default) continue;
    if (clause.rule.head.key !== undefined) return unknown;
    // A parameter that is written out (`f("shared")`) asks more than its body does.
    const asked = (clause.rule.head.args ?? []).some((parameter) => !isTerm(parameter) || parameter.type !== "var");
    for (const { value, body } of branchesOf(clause)) {
      const inner = withBody(scopeOf(scope.own, clause, operands, busy), body);
      const holds = bodyHolds(body, inner, known);
      if (holds === true && !asked) return value === undefined ? true : answerOf(value, inner, known);
      if (holds !== false) may = true;
    }
  }
  return may ? unknown : defaultOf(scope.own, name)?.value;
}
