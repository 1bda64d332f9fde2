import { isDeepStrictEqual } from "node:util";
import {
  type AuthorModules,
  type Call,
  type Clause,
  callAt,
  childrenOf,
  isEvery,
  isNode,
  isTerm,
  type Rule,
  type Term,
} from "../../rego/index.ts";
import { below, type Origin, type Step, wholeInput } from "./origin.ts";
import { joined, literalOf, nothingKnown, type Value, valueOfLiteral } from "./value.ts";

/** Names of one body and what they stand for. */
export interface Scope {
  readonly own: AuthorModules;
  readonly clause: Clause;
  readonly bound: Map<string, Value>;
  /** Rules whose value is being looked for, so that one that leads back to itself ends. */
  readonly busy: ReadonlySet<string>;
}

export function scopeOf(own: AuthorModules, clause: Clause, operands: readonly Value[] = [], busy: ReadonlySet<string> = new Set()): Scope {
  const scope: Scope = { own, clause, bound: new Map(), busy };
  // A function is asked only where its operands are there: whether they are is judged where they stand.
  for (const [at, parameter] of (clause.rule.head.args ?? []).entries()) {
    const operand = operands[at] ?? nothingKnown;
    bindPattern(parameter, { ...operand, covered: true, ...(operand.covered !== true && { handed: true }) }, scope);
  }
  return scope;
}

/** The same names and those that the expressions of a body give a value to. */
export function withBody(around: Scope, body: unknown): Scope {
  const scope = { ...around, bound: new Map(around.bound) };
  // Twice: an expression may use what one below it names.
  for (let round = 0; round < 2; round++) for (const expression of childrenOf(body)) bindExpression(expression, scope);
  return scope;
}

/** What `every` names, seen from its body. */
export function withEvery(around: Scope, every: Readonly<Record<string, unknown>>): Scope {
  const scope = { ...around, bound: new Map(around.bound) };
  bindElements(every.key, every.value, every.domain, scope);
  return withBody(scope, every.body);
}

function bindExpression(expression: unknown, scope: Scope): void {
  if (!isNode(expression) || isEvery(expression.terms)) return;
  const { terms } = expression;
  if (isNode(terms) && Array.isArray(terms.symbols)) {
    const membership = callAt(terms.symbols[0]);
    if (membership?.name === "internal.member_2") bindElements(undefined, membership.operands[0], membership.operands[1], scope);
    if (membership?.name === "internal.member_3")
      bindElements(membership.operands[0], membership.operands[1], membership.operands[2], scope);
    return;
  }
  const call = callAt(expression);
  if (call === undefined) return;
  const [left, right] = call.operands;
  if (call.name === "assign") bindTerms(left, right, scope);
  else if (call.name === "eq") {
    // `=` names nothing anew: what is a rule or an import already stays that.
    if (!isNamed(left, scope)) bindTerms(left, right, scope);
    if (!isNamed(right, scope)) bindTerms(right, left, scope);
  } else bindOutput(expression, call.operands, scope);
}

function isNamed(term: unknown, { own, clause }: Scope): boolean {
  if (!isTerm(term) || term.type !== "var") return false;
  const name = String(term.value);
  return own.clauses.has(name) || clause.module.imports.some((one) => one.name === name);
}

/** `f(x, y)`: an operand more than the function has parameters is what it gives. */
function bindOutput(expression: Readonly<Record<string, unknown>>, operands: readonly unknown[], scope: Scope): void {
  const terms = childrenOf(expression.terms);
  const rule = ownRuleOf(terms[0], scope);
  const parameters = rule === undefined ? (callAt(expression)?.name === "object.get" ? 3 : undefined) : arityOf(rule.name, scope);
  if (parameters === undefined || operands.length <= parameters) return;
  bindPattern(operands[parameters], standsForCall({ type: "call", value: terms.slice(0, parameters + 1) }, scope), scope);
}

function arityOf(name: string, { own }: Scope): number | undefined {
  return own.clauses.get(name)?.[0]?.rule.head.args?.length;
}

/** `[a, b] := [x, y]` binds part by part; anything else as a pattern on a value. */
function bindTerms(pattern: unknown, term: unknown, scope: Scope): void {
  if (isTerm(pattern) && isTerm(term) && pattern.type === "array" && term.type === "array") {
    const terms = childrenOf(term.value);
    for (const [at, part] of childrenOf(pattern.value).entries()) bindTerms(part, terms[at], scope);
  } else bindPattern(pattern, standsFor(term, scope), scope);
}

function bindPattern(pattern: unknown, value: Value, scope: Scope): void {
  if (!isTerm(pattern)) return;
  if (pattern.type === "var" && typeof pattern.value === "string") {
    if (pattern.value !== "input" && pattern.value !== "data") scope.bound.set(pattern.value, value);
  } else if (pattern.type === "array") {
    for (const [at, part] of childrenOf(pattern.value).entries()) bindPattern(part, deeper(value, [at]), scope);
  } else if (pattern.type === "object") {
    for (const pair of childrenOf(pattern.value)) {
      const [key, part] = childrenOf(pair);
      for (const step of stepsOf(key, scope)) bindPattern(part, deeper(value, [step]), scope);
    }
  }
}

function bindElements(key: unknown, element: unknown, domain: unknown, scope: Scope): void {
  bindPattern(key, nothingKnown, scope);
  bindPattern(element, elementsOf(domain, scope), scope);
}

/** What an element of a term may be. */
export function elementsOf(domain: unknown, scope: Scope): Value {
  if (isTerm(domain) && (domain.type === "array" || domain.type === "set")) {
    const values = childrenOf(domain.value).map((item) => standsFor(item, scope));
    return values.length === 0 ? nothingKnown : values.reduce(joined);
  }
  const value = standsFor(domain, scope);
  const list = value.constant?.value;
  const words = Array.isArray(list) && list.every((item) => typeof item === "string") ? { words: list } : {};
  return { ...deeper(value, [null]), ...words };
}

/** What a term may stand for, without looking at whether it holds. */
export function standsFor(term: unknown, scope: Scope): Value {
  if (!isTerm(term)) return nothingKnown;
  const literal = valueOfLiteral(term);
  if (literal !== undefined) return literal;
  if (term.type === "var") return valueOfName(String(term.value), scope);
  if (term.type === "ref") return valueOfRef(term, scope);
  return term.type === "call" ? standsForCall(term, scope) : nothingKnown;
}

function valueOfName(name: string, scope: Scope): Value {
  const bound = scope.bound.get(name);
  if (bound !== undefined) return bound;
  if (name === "input") return { origins: [wholeInput] };
  if (name === "data") return { origins: [{ root: "data", path: [] }] };
  const imported = importedAs(name, scope);
  if (imported !== undefined) {
    const rule = ownRuleAt(imported, scope);
    return rule === undefined ? { origins: [imported] } : deeper(valueOfRule(rule.name, undefined, scope), rule.rest);
  }
  return scope.own.clauses.has(name) ? valueOfRule(name, undefined, scope) : nothingKnown;
}

/** What the file imports under a name. */
function importedAs(name: string, { clause }: Scope): Origin | undefined {
  const one = clause.module.imports.find((candidate) => candidate.name === name);
  const [root, ...path] = one?.path ?? [];
  return root === "input" || root === "data" ? { root, path } : undefined;
}

function valueOfRef(ref: Term, scope: Scope): Value {
  const [head, ...rest] = childrenOf(ref.value);
  const rule = ownRuleOf(ref, scope);
  if (rule !== undefined) return deeper(valueOfRule(rule.name, undefined, scope), rule.rest);
  let values = standsFor(head, scope);
  for (const part of rest)
    values = stepsOf(part, scope)
      .map((step) => deeper(values, [step]))
      .reduce(joined);
  return values;
}

/** The steps that one part of a reference may mean: a fixed one, those of a name that is written out, or any. */
export function stepsOf(part: unknown, scope: Scope): readonly Step[] {
  if (!isTerm(part)) return [null];
  if (part.type === "string") return [String(part.value)];
  if (part.type === "number") return [Number(part.value)];
  const { words } = standsFor(part, scope);
  return words === undefined || words.length === 0 ? [null] : words;
}

/** Any where it may be one of several: what is only one of them must not stand for all. */
function onlyStep(part: unknown, scope: Scope): Step {
  const [only, second] = stepsOf(part, scope);
  return second === undefined ? (only ?? null) : null;
}

export function deeper(value: Value, steps: readonly Step[]): Value {
  if (steps.length === 0) return value;
  const constant = value.constant === undefined ? undefined : memberOf(value.constant.value, steps);
  const origins = value.origins.map((origin) => below(origin, steps));
  const otherwise = value.otherwise === undefined ? undefined : memberOf(value.otherwise.value, steps);
  if (constant === undefined) return { origins, ...(otherwise !== undefined && { otherwise, covered: true }) };
  return { origins, constant, ...(typeof constant.value === "string" && { words: [constant.value] }) };
}

function memberOf(value: unknown, steps: readonly Step[]): { readonly value: unknown } | undefined {
  let at: unknown = value;
  for (const step of steps) {
    if (step === null || typeof at !== "object" || at === null || !Object.hasOwn(at, step)) return undefined;
    at = Reflect.get(at, step);
  }
  return { value: at };
}

export interface OwnRule {
  readonly name: string;
  readonly rest: readonly Step[];
}

/** The rule of this package that a reference names, by its name, its full path or an import. */
export function ownRuleOf(term: unknown, scope: Scope): OwnRule | undefined {
  if (!isTerm(term)) return undefined;
  if (term.type === "var") return ownRuleNamed(String(term.value), [], scope);
  if (term.type !== "ref") return undefined;
  const [head, ...rest] = childrenOf(term.value);
  if (!isTerm(head) || head.type !== "var") return undefined;
  const steps = rest.map((part) => onlyStep(part, scope));
  return ownRuleNamed(String(head.value), steps, scope);
}

function ownRuleNamed(name: string, rest: readonly Step[], scope: Scope): OwnRule | undefined {
  const bound = scope.bound.get(name);
  if (bound !== undefined) {
    const [only] = bound.origins;
    return only === undefined ? undefined : ownRuleAt(below(only, rest), scope);
  }
  if (name === "data") return ownRuleAt({ root: "data", path: rest }, scope);
  const imported = importedAs(name, scope);
  if (imported !== undefined) return ownRuleAt(below(imported, rest), scope);
  return scope.own.clauses.has(name) ? { name, rest } : undefined;
}

function ownRuleAt({ root, path }: Origin, { own }: Scope): OwnRule | undefined {
  const [first, second, name, ...rest] = path;
  if (root !== "data" || first !== "policy" || second !== own.name || typeof name !== "string") return undefined;
  return own.clauses.has(name) ? { name, rest } : undefined;
}

/** What a complete rule or function may be; of a set or object of its own making nothing is told. */
export function valueOfRule(name: string, operands: readonly Value[] | undefined, scope: Scope): Value {
  if (scope.busy.has(name)) return nothingKnown;
  const busy = new Set([...scope.busy, name]);
  const complete = (scope.own.clauses.get(name) ?? []).filter(({ rule }) => isComplete(rule) && !rule.default);
  const values = complete.flatMap((clause) =>
    [...branchesOf(clause)].map(({ value, body }) => standsFor(value, withBody(scopeOf(scope.own, clause, operands ?? [], busy), body))),
  );
  if (values.length === 0) return nothingKnown;
  const value = values.reduce(joined);
  const otherwise = defaultOf(scope.own, name);
  return otherwise === undefined || otherwise.value === false ? value : { ...value, covered: true };
}

/** Neither a set nor an object of its own making. */
export function isComplete({ head }: Rule): boolean {
  return head.key === undefined && head.ref.length === 1;
}

export interface Branch {
  readonly key: unknown;
  readonly value: unknown;
  readonly body: unknown;
  /** Whether it stands behind `else`. */
  readonly otherwise: boolean;
}

/** A clause and its `else` branches. A branch without a value is true. */
export function* branchesOf({ rule }: Clause): Generator<Branch> {
  yield { key: rule.head.key, value: rule.head.value, body: rule.body, otherwise: false };
  for (let next = rule.else; isNode(next); next = next.else) {
    const head = isNode(next.head) ? next.head : {};
    yield { key: undefined, value: head.value, body: next.body, otherwise: true };
  }
}

/** Whether a rule or function may have one of several values, other than that it holds or does not. */
export function isChoice({ clauses }: AuthorModules, name: string): boolean {
  const values = (clauses.get(name) ?? [])
    .filter(({ rule }) => isComplete(rule) && !(rule.default && literalOf(rule.head.value)?.value === false))
    .flatMap((clause) => [...branchesOf(clause)].map(({ value }) => (value === undefined ? { value: true } : literalOf(value))));
  const [first, ...more] = values;
  return more.some((value) => first === undefined || value === undefined || !isDeepStrictEqual(value, first));
}

/** Built-ins that give the first operand back, with less or more in it. */
const copying: ReadonlySet<string> = new Set(["json.filter", "json.remove", "json.patch", "object.filter", "object.remove"]);

/** What a copy of a value stands for: members of it are members of the value. */
function standsForCopy({ name, operands }: Call, scope: Scope): Value {
  const [object, other] = operands;
  if (copying.has(name)) return { origins: standsFor(object, scope).origins };
  const both = [standsFor(object, scope), standsFor(other, scope)];
  const otherwise = both.find(({ constant }) => constant !== undefined)?.constant;
  return { origins: both.flatMap(({ origins }) => origins), ...(otherwise !== undefined && { otherwise }) };
}

function standsForCall(term: Term, scope: Scope): Value {
  const call = callAt(term);
  if (call === undefined) return nothingKnown;
  const own = ownRuleOf(childrenOf(term.value)[0], scope);
  if (own !== undefined) {
    const operands = call.operands.map((operand) => standsFor(operand, scope));
    return valueOfRule(own.name, operands, scope);
  }
  if (copying.has(call.name) || call.name === "object.union") return standsForCopy(call, scope);
  if (call.name !== "object.get") return nothingKnown;
  const [object, key] = call.operands;
  return { covered: true, origins: keysOf(key, scope).flatMap((steps) => deeper(standsFor(object, scope), steps).origins) };
}

/** The key of `object.get`: a name, or a list of steps. */
export function keysOf(key: unknown, scope: Scope): readonly (readonly Step[])[] {
  if (isTerm(key) && key.type === "array") return [childrenOf(key.value).map((part) => onlyStep(part, scope))];
  const constant = standsFor(key, scope).constant?.value;
  if (Array.isArray(constant)) return [constant.map((step) => (typeof step === "string" || typeof step === "number" ? step : null))];
  return stepsOf(key, scope).map((step) => [step]);
}

/** What a rule is where none of its bodies holds: its `default`, or the last `else` that asks for nothing. */
export function defaultOf({ clauses }: AuthorModules, name: string): { readonly value: unknown } | undefined {
  for (const clause of clauses.get(name) ?? []) {
    if (clause.rule.default) return literalOf(clause.rule.head.value) ?? { value: undefined };
    for (const branch of branchesOf(clause)) {
      const [only, second] = childrenOf(branch.body);
      if (!branch.otherwise || second !== undefined || !isNode(only)) continue;
      if (literalOf(only.terms)?.value === true)
        return branch.value === undefined ? { value: true } : (literalOf(branch.value) ?? { value: undefined });
    }
  }
  return undefined;
}
