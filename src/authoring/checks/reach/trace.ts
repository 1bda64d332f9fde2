import { ruleNames } from "../../../parts/catalog/index.ts";
import {
  type AuthorModules,
  type Clause,
  callAt,
  childrenOf,
  isComprehension,
  isEvery,
  isNode,
  isTerm,
  lineOf,
  type Node,
  type Term,
} from "../../rego/index.ts";
import { bodyHolds, type Known } from "./holds.ts";
import { below, type Origin } from "./origin.ts";
import {
  type Branch,
  branchesOf,
  defaultOf,
  elementsOf,
  isChoice,
  isComplete,
  keysOf,
  ownRuleOf,
  type Scope,
  scopeOf,
  standsFor,
  withBody,
  withEvery,
} from "./scope.ts";
import type { Target } from "./target.ts";
import { loosenedNames, loosens } from "./tightening.ts";
import { literalOf, nothingKnown, type Value } from "./value.ts";

/** When one of the seven comes about: if what is asked holds, if it fails, or either, as with a count. */
export type Effect = "holds" | "fails" | "either";

/** A value of the input or of the data that one of the seven rules looks at, by itself or through others. */
export interface Use {
  readonly origin: Origin;
  /** Where it stands. */
  readonly clause: Clause;
  readonly line: number;
  /** The innermost expression that it stands in; the head has none. */
  readonly expression: Node | undefined;
  /** The clause of the seven that gets there. */
  readonly by: Clause;
  readonly effect: Effect;
  /** What the seven do where there is no such value: `holds` means that they stay silent. `covered` is a default in its place. */
  readonly missing: Effect | "covered";
  /** What it may be asked about. */
  readonly targets: readonly Target[];
}

/** A value that is held against texts that are written out. */
export interface Comparison {
  readonly origin: Origin;
  readonly words: readonly string[];
  readonly clause: Clause;
  readonly line: number;
  readonly expression: Node | undefined;
}

/** A built-in with what it is asked about, seen from where it stands. */
export interface BuiltinCall {
  readonly name: string;
  readonly operands: readonly unknown[];
  readonly scope: Scope;
  readonly line: number;
  readonly expression: Node | undefined;
  readonly targets: readonly Target[];
}

export interface Trace {
  readonly uses: readonly Use[];
  readonly calls: readonly BuiltinCall[];
  readonly comparisons: readonly Comparison[];
}

interface Around {
  readonly by: Clause;
  readonly effect: Effect;
  readonly missing: Effect | "covered";
  readonly targets: readonly Target[];
  readonly expression: Node | undefined;
  readonly line: number;
}

const flipped = { holds: "fails", fails: "holds", either: "either", covered: "covered" } as const;
const comparing: ReadonlySet<string> = new Set(["equal", "eq", "neq"]);
const sevenNames: ReadonlySet<string> = new Set(ruleNames);

/** Follows one clause of the seven through the rules and functions that it uses. */
export function traceOf(own: AuthorModules, by: Clause, targets: readonly Target[], tables: Known["tables"]): Trace {
  const tracer = new Tracer(own, tables);
  tracer.clause(by, [], { by, effect: "holds", missing: "holds", targets, expression: undefined, line: by.rule.line });
  return tracer;
}

class Tracer implements Trace {
  readonly uses: Use[] = [];
  readonly comparisons: Comparison[] = [];
  readonly calls: BuiltinCall[] = [];
  readonly #own: AuthorModules;
  readonly #tables: Known["tables"];
  readonly #seen = new Set<string>();
  /** The same selection of targets is met again and again. */
  readonly #selections = new Map<string, number>();

  constructor(own: AuthorModules, tables: Known["tables"]) {
    this.#own = own;
    this.#tables = tables;
  }

  clause(clause: Clause, operands: readonly Value[], around: Around): void {
    for (const branch of branchesOf(clause)) this.#branch(clause, branch, operands, around);
  }

  #branch(clause: Clause, { key, value, body }: Branch, operands: readonly Value[], around: Around): void {
    const scope = withBody(scopeOf(this.#own, clause, operands), body);
    const targets = around.targets.filter((target) => bodyHolds(body, scope, { target, tables: this.#tables }) !== false);
    const within = { ...around, targets, expression: undefined, line: clause.rule.line };
    // A complete rule may hand the input on under another name; what is looked at then is what counts.
    this.#term(value, scope, within, isComplete(clause.rule) ? "named" : "looked at");
    this.#term(key, scope, within);
    for (const part of clause.rule.head.ref.slice(1)) this.#term(part, scope, within);
    this.#body(body, scope, within);
  }

  #body(body: unknown, scope: Scope, around: Around): void {
    const loosened = loosenedNames(body, this.#own.clauses);
    for (const expression of childrenOf(body)) {
      if (isNode(expression))
        this.#expression(expression, scope, { ...around, expression, line: lineOf(expression) ?? around.line }, loosened);
    }
  }

  #expression(expression: Node, scope: Scope, around: Around, loosened: ReadonlySet<string>): void {
    for (const change of childrenOf(expression.with)) if (isNode(change)) this.#term(change.value, scope, around);
    const { terms } = expression;
    const negated = expression.negated === true;
    const inner = negated ? { ...around, effect: flipped[around.effect], missing: flipped[around.missing] } : around;
    if (isNode(terms) && isEvery(terms)) {
      this.#term(terms.domain, scope, around);
      this.#body(terms.body, withEvery(scope, terms), {
        ...inner,
        effect: "either",
        missing: around.missing === "covered" ? "covered" : "either",
      });
    } else if (isNode(terms) && "symbols" in terms) {
      for (const symbol of childrenOf(terms.symbols)) this.#some(symbol, scope, around);
    } else if (Array.isArray(terms)) {
      // OPA looks the operands of a negated call up before it negates: if one is missing, the rule is silent.
      this.#call(expression, scope, { ...inner, missing: around.missing }, inner, loosened);
    } else if (callAt(terms) !== undefined) this.#call(terms, scope, { ...inner, missing: around.missing }, inner, loosened);
    else this.#term(terms, scope, inner);
  }

  #some(symbol: unknown, scope: Scope, around: Around): void {
    const domain = callAt(symbol)?.operands.at(-1);
    if (domain === undefined) return;
    this.#term(domain, scope, around);
    const words = childrenOf(callAt(symbol)?.operands.slice(0, -1)).flatMap((part) =>
      isTerm(part) && part.type === "string" ? [String(part.value)] : [],
    );
    if (words.length > 0) this.#compare(elementsOf(domain, scope), { origins: [], words }, scope, around);
  }

  #term(term: unknown, scope: Scope, around: Around, as: "looked at" | "named" = "looked at"): void {
    if (!isTerm(term)) return;
    const comprehension: boolean = isComprehension(term);
    if (callAt(term) !== undefined) {
      this.#call(term, scope, around, around, new Set());
      this.#origins(term, scope, around, as);
    } else if (comprehension) this.#comprehension(term, scope, around);
    else if (term.type === "var" || term.type === "ref") this.#name(term, scope, around, as);
    else if (term.type === "templatestring") this.#template(term.value, scope, around);
    else for (const child of childrenOf(term.value)) this.#parts(child, scope, around);
  }

  /** Members of a literal, which are pairs where it is an object. */
  #parts(part: unknown, scope: Scope, around: Around): void {
    if (Array.isArray(part)) for (const one of part) this.#parts(one, scope, around);
    else this.#term(part, scope, around);
  }

  /** `$"… {input.user.id}"`: each part is a text or an expression. */
  #template(template: unknown, scope: Scope, around: Around): void {
    for (const part of isNode(template) ? childrenOf(template.parts) : []) {
      if (isTerm(part)) this.#term(part, scope, around);
      else if (isNode(part)) this.#expression(part, scope, around, new Set());
    }
  }

  #comprehension(term: Term, scope: Scope, around: Around): void {
    if (!isNode(term.value)) return;
    const { body, term: element, key, value } = term.value;
    const inner = withBody(scope, body);
    const within: Around = { ...around, effect: "either", missing: around.missing === "covered" ? "covered" : "either" };
    this.#body(body, inner, within);
    for (const part of [element, key, value]) this.#term(part, inner, within);
  }

  #name(term: Term, scope: Scope, around: Around, as: "looked at" | "named"): void {
    const rule = ownRuleOf(term, scope);
    if (rule !== undefined) this.#rule(rule.name, around);
    const [head, ...rest] = term.type === "ref" ? childrenOf(term.value) : [];
    if (isTerm(head) && head.type !== "var") this.#term(head, scope, around, "named");
    for (const part of rest) if (isTerm(part) && part.type !== "string") this.#term(part, scope, around);
    this.#origins(term, scope, around, as);
  }

  #origins(term: Term, scope: Scope, around: Around, as: "looked at" | "named"): void {
    const { origins, covered } = standsFor(term, scope);
    const missing = covered === true ? "covered" : around.missing;
    for (const origin of origins) {
      if (as === "named" && origin.root === "input" && origin.path.length === 0) continue;
      this.#use(origin, scope, { ...around, missing, line: lineOf(term) ?? around.line });
    }
  }

  #call(call: unknown, scope: Scope, around: Around, inner: Around, loosened: ReadonlySet<string>): void {
    const { name = "", operands = [] } = callAt(call) ?? {};
    const operator = isNode(call) ? childrenOf(call.type === "call" ? call.value : call.terms)[0] : undefined;
    const own = ownRuleOf(operator, scope);
    if (isTerm(operator) && own === undefined) this.#operator(operator, scope, around);
    if (own === undefined)
      this.calls.push({ name, operands, scope, line: around.line, expression: around.expression, targets: around.targets });
    if (own !== undefined) {
      for (const operand of operands) this.#term(operand, scope, around, "named");
      this.#rule(
        own.name,
        inner,
        operands.map((operand) => standsFor(operand, scope)),
      );
    } else if (name === "object.get") this.#get(operands, scope, around);
    else if (name === "assign" || name === "eq") this.#bind(name, operands, scope, around, loosened);
    else {
      const within: Around = loosens({ name, operands }) ? { ...around, effect: "either" } : around;
      for (const operand of operands) this.#term(operand, scope, within);
    }
    this.#comparisonIn(name, operands, scope, around);
  }

  /** A function of another package is data too. */
  #operator(operator: Term, scope: Scope, around: Around): void {
    const [head] = childrenOf(operator.value);
    const { origins } = isTerm(head) && !scope.bound.has(String(head.value)) ? standsFor(operator, scope) : nothingKnown;
    for (const origin of origins) this.#use(origin, scope, around);
  }

  /** `x := input` only names it; what is made of `x` counts. */
  #bind(name: string, operands: readonly unknown[], scope: Scope, around: Around, loosened: ReadonlySet<string>): void {
    const [left, right] = operands;
    const eased = isTerm(left) && left.type === "var" && loosened.has(String(left.value));
    const within: Around = eased ? { ...around, effect: "either" } : around;
    if (name === "eq") this.#term(left, scope, within, "named");
    this.#term(right, scope, within, "named");
  }

  /** What has a value of its own where the member is missing. */
  #get([object, key, otherwise]: readonly unknown[], scope: Scope, around: Around): void {
    this.#term(object, scope, around, "named");
    // With anything but false in its place, a key that the caller chooses is one that it can avoid.
    this.#term(key, scope, literalOf(otherwise)?.value === false ? around : { ...around, effect: "either" });
    this.#term(otherwise, scope, around);
    for (const steps of keysOf(key, scope)) {
      for (const origin of standsFor(object, scope).origins) this.#use(below(origin, steps), scope, { ...around, missing: "covered" });
    }
  }

  #rule(name: string, around: Around, operands: readonly Value[] = []): void {
    const otherwise = defaultOf(this.#own, name);
    // Where the default is false the rule is as good as undefined for whoever only asks whether it holds.
    const missing = otherwise !== undefined && otherwise.value !== false ? "covered" : around.missing;
    // Which of several values a claim brings about, and what is made of it, cannot be told.
    const effect = isChoice(this.#own, name) ? "either" : around.effect;
    const key = JSON.stringify([name, operands, effect, missing, this.#selection(around.targets)]);
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    for (const clause of this.#own.clauses.get(name) ?? [])
      if (!clause.rule.default) this.clause(clause, operands, { ...around, effect, missing });
  }

  #selection(targets: readonly Target[]): number {
    const key = targets.map(({ kind, id }) => `${kind} ${id}`).join("\n");
    const known = this.#selections.get(key) ?? this.#selections.size;
    this.#selections.set(key, known);
    return known;
  }

  #use(origin: Origin, { clause }: Scope, around: Around): void {
    const { by, effect, missing, targets, expression, line } = around;
    this.uses.push({ origin, clause, line, expression, by, effect, missing, targets });
  }

  #comparisonIn(name: string, operands: readonly unknown[], scope: Scope, around: Around): void {
    const [left, right, third] = operands;
    if (comparing.has(name)) {
      const [a, b] = [standsFor(left, scope), standsFor(right, scope)];
      this.#compare(a, b, scope, around);
      this.#compare(b, a, scope, around);
    } else if (name === "internal.member_2" || name === "internal.member_3") {
      const [element, list] = name === "internal.member_2" ? [left, right] : [right, third];
      this.#compare(standsFor(element, scope), elementsOf(list, scope), scope, around);
      this.#compare(elementsOf(list, scope), standsFor(element, scope), scope, around);
    }
  }

  #compare({ origins }: Value, { words, constant }: Value, { clause }: Scope, around: Around): void {
    const list = Array.isArray(constant?.value) ? constant.value.filter((item) => typeof item === "string") : undefined;
    const texts = words ?? list;
    if (texts === undefined) return;
    for (const origin of origins) {
      const { line, expression } = around;
      const compared = list === undefined ? origin : below(origin, [null]);
      this.comparisons.push({ origin: compared, words: texts, clause, line, expression });
    }
  }
}

/** The clauses of the seven, with their names. */
export function* sevenOf({ clauses }: AuthorModules): Generator<{ readonly name: string; readonly clause: Clause }> {
  for (const [name, own] of clauses) if (sevenNames.has(name)) for (const clause of own) yield { name, clause };
}
