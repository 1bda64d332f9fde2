import { callAt, childrenOf, isEvery, isTerm, type Naming, type Rule, sitesOf, type Term } from "../../rego/index.ts";

/** What the bodies of a clause say about its variables and about what is there. */
export interface ClauseFacts {
  /** What gives a variable its value: `x := term`, `x = term`, or a list that is written out and iterated over. */
  readonly sources: ReadonlyMap<string, readonly Term[]>;
  /** What a variable is an element of: `some x in term`, `every x in term`. */
  readonly domains: ReadonlyMap<string, Term>;
  /** Paths below the input that a positive condition of the body asks for: whoever lacks them is not meant. */
  readonly present: readonly (readonly string[])[];
}

const known = new WeakMap<Rule, ClauseFacts>();

/** Comparisons that hold for what is there, and for nothing that is missing. */
const positive: ReadonlySet<string> = new Set([
  ...["equal", "eq", "internal.member_2", "startswith", "endswith", "contains", "regex.match", "glob.match"],
  ...["is_string", "is_number", "is_boolean", "is_array", "is_object"],
]);

export function factsOf(rule: Rule, naming: Naming): ClauseFacts {
  const found = known.get(rule);
  if (found !== undefined) return found;
  const facts = { sources: sourcesIn(rule, naming), domains: domainsIn(rule, naming), present: presentIn(rule, naming) };
  known.set(rule, facts);
  return facts;
}

function sourcesIn(rule: Rule, naming: Naming): ReadonlyMap<string, readonly Term[]> {
  const sources = new Map<string, Term[]>();
  const give = (pattern: unknown, term: unknown): void => {
    if (!isTerm(pattern) || !isTerm(term)) return;
    if (pattern.type === "array" && term.type === "array") {
      const terms = childrenOf(term.value);
      for (const [at, part] of childrenOf(pattern.value).entries()) give(part, terms[at]);
    } else if (naming.isVariable(pattern)) sources.set(pattern.value, [...(sources.get(pattern.value) ?? []), term]);
  };
  for (const { node } of sitesOf(rule)) {
    const { name, operands } = callAt(node) ?? { name: "", operands: [] };
    const [left, right] = operands;
    if (name === "assign" || name === "eq") give(left, right);
    if (name === "eq") give(right, left);
    // `some x in [input.agent.team]`: a list with a gap in it is no list.
    if (name === "internal.member_2" && isTerm(right) && (right.type === "array" || right.type === "set")) give(left, right);
  }
  const parameters = new Set((rule.head.args ?? []).map((parameter) => (naming.isVariable(parameter) ? parameter.value : "")));
  for (const { node } of sitesOf(rule)) {
    // `startswith(a, b, x)`: what nothing else gives a value is what the call gives.
    const terms = Array.isArray(node.terms) ? node.terms : [];
    const out: unknown = terms.at(-1);
    if (terms.length > 2 && naming.isVariable(out) && !sources.has(out.value) && !parameters.has(out.value))
      give(out, { type: "call", value: terms.slice(0, -1) });
  }
  return sources;
}

function domainsIn(rule: Rule, naming: Naming): ReadonlyMap<string, Term> {
  const domains = new Map<string, Term>();
  const give = (element: unknown, domain: unknown): void => {
    if (naming.isVariable(element) && isTerm(domain)) domains.set(element.value, domain);
  };
  for (const { node } of sitesOf(rule)) {
    const { name, operands } = callAt(node) ?? { name: "", operands: [] };
    if (name === "internal.member_2") give(operands[0], operands[1]);
    if (name === "internal.member_3") give(operands[1], operands[2]);
    if (isEvery(node)) give(node.value, node.domain);
  }
  return domains;
}

function presentIn(rule: Rule, naming: Naming): readonly (readonly string[])[] {
  const present: string[][] = [];
  const there = (term: unknown): void => {
    if (!isTerm(term) || term.type !== "ref") return;
    const [root, ...path] = naming.pathOf(term);
    // From a user on everybody who has one is meant, whatever of it is asked for.
    if (root === "input") for (let length = 1; length <= path.length; length++) present.push(path.slice(0, length));
  };
  for (const expression of childrenOf(rule.body)) {
    const call = callAt(expression);
    const { negated, terms } = isExpressionNode(expression) ? expression : { negated: true, terms: undefined };
    if (negated === true) continue;
    if (call === undefined) there(terms);
    else if (
      positive.has(call.name) &&
      call.operands.length <= 2 &&
      !call.operands.some((one) => isEmptyLiteral(one) || (call.name === "eq" && naming.isVariable(one)))
    )
      for (const operand of call.operands) there(operand);
    if ((call?.name === "equal" || call?.name === "eq") && forAUser(call.operands, naming)) present.push(["user"]);
  }
  return present;
}

function isExpressionNode(node: unknown): node is { readonly negated?: unknown; readonly terms?: unknown } {
  return typeof node === "object" && node !== null && "terms" in node;
}

/** `input.principal.kind == "user_via_agent"`: a user is there. */
function forAUser(operands: readonly unknown[], naming: Naming): boolean {
  const [kind, ...more] = operands.filter(
    (term) => isTerm(term) && term.type === "ref" && naming.pathOf(term).join(".") === "input.principal.kind",
  );
  return kind !== undefined && more.length === 0 && operands.some((term) => isTerm(term) && term.value === "user_via_agent");
}

/** false, null, 0, "" and collections without elements: what a careless reader takes for missing. */
export function isEmptyLiteral(term: unknown): boolean {
  if (!isTerm(term)) return false;
  if (term.type === "null") return true;
  if (term.type === "boolean") return term.value === false;
  if (term.type === "string") return term.value === "";
  if (term.type === "number") return Number(term.value) === 0;
  return (term.type === "array" || term.type === "object" || term.type === "set") && childrenOf(term.value).length === 0;
}
