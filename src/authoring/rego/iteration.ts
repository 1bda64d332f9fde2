import { childrenOf, ownName } from "./references.ts";
import { fixedPath, isNode, isTerm, type Module, nameOf, type Rule, type Term } from "./rego-ast.ts";

/** Degree from which a package is evaluated in a worker: work that grows with the square of the input. */
const WORKER = 2;

/** Built-ins whose work does not follow the size of their arguments, or follows it worse than in proportion. */
const costly: ReadonlySet<string> = new Set([
  "graph.reachable",
  "graph.reachable_paths",
  "graphql.is_valid",
  "graphql.parse",
  "graphql.parse_and_verify",
  "json.match_schema",
  "json.verify_schema",
  "net.cidr_contains_matches",
  "net.cidr_expand",
  "net.cidr_merge",
  "numbers.range",
  "numbers.range_step",
  "regex.globs_match",
  "rego.parse_module",
  "strings.replace_n",
]);

const comprehensions: ReadonlySet<string> = new Set(["arraycomprehension", "setcomprehension", "objectcomprehension"]);
const literals: ReadonlySet<string> = new Set(["array", "set", "object", "string", "number", "boolean", "null"]);

/**
 * Whether a package may need time that grows with the square of the input. A degree is counted for each rule: iterations
 * of one body multiply, so they add up; what is evaluated on its own for each of them (a comprehension, `every`, `not`,
 * a membership test, another rule) adds the degree of the worst of these. In doubt the degree is higher than the truth:
 * an evaluation on the main thread cannot be interrupted.
 */
export function needsWorker(name: string, modules: readonly Module[]): boolean {
  const rules = new Map<string, Rule[]>();
  const constants = new Set<string>(["data"]);
  for (const module of modules) {
    for (const rule of module.rules) rules.set(nameOf(rule), [...(rules.get(nameOf(rule)) ?? []), rule]);
    for (const one of module.imports) if (one.path[0] === "data" && one.path[1] !== "policy") constants.add(one.name);
  }
  const analysis: Analysis = { packagePath: ["policy", name], rules, constants, degrees: new Map() };
  return [...rules.keys()].some((rule) => degreeOfRule(rule, analysis) >= WORKER);
}

interface Analysis {
  readonly packagePath: readonly string[];
  readonly rules: ReadonlyMap<string, readonly Rule[]>;
  /** Names whose values come from the bundle, so that the input cannot make them longer. */
  readonly constants: ReadonlySet<string>;
  readonly degrees: Map<string, number>;
}

/** What one body adds up to. */
interface Body {
  readonly analysis: Analysis;
  /** Variables that have a value before a reference uses them; one that has none is iterated over. */
  readonly bound: Set<string>;
  own: number;
  inner: number;
}

function degreeOfRule(name: string, analysis: Analysis): number {
  const known = analysis.degrees.get(name);
  if (known !== undefined) return known;
  analysis.degrees.set(name, WORKER); // OPA refuses recursion; should one appear here, it is in doubt
  const degree = Math.max(0, ...(analysis.rules.get(name) ?? []).map((rule) => degreeOfClause(rule, analysis)));
  analysis.degrees.set(name, degree);
  return degree;
}

function degreeOfClause(rule: Rule, analysis: Analysis): number {
  const args = rule.head.args ?? [];
  const clause = degreeOfBody(
    [...childrenOf(rule.body), rule.head.key, rule.head.value, rule.head.ref.slice(1)],
    variablesIn(args),
    analysis,
  );
  const otherwise = isNode(rule.else) ? degreeOfBody(childrenOf(rule.else), variablesIn(args), analysis) : 0;
  return Math.max(clause, otherwise);
}

function degreeOfBody(nodes: readonly unknown[], bound: ReadonlySet<string>, analysis: Analysis): number {
  const body: Body = { analysis, bound: new Set(bound), own: 0, inner: 0 };
  for (const node of nodes) bindIn(node, body.bound);
  let before = 0;
  for (const node of nodes) {
    // What holds no variable and stands before the first iteration is asked once: OPA keeps it there.
    if (nodes.length > 1 && body.own === 0 && isGround(node, analysis)) before = Math.max(before, degreeOfBody([node], bound, analysis));
    else scan(node, body);
  }
  return Math.max(before, body.own + body.inner);
}

/** Whether an expression holds no variable, so that nothing after it can change how often it is asked. */
function isGround(value: unknown, analysis: Analysis): boolean {
  const call = isNode(value) ? callOf(value) : undefined;
  if (call !== undefined) return call.slice(1).every((operand) => isGround(operand, analysis));
  if (isNode(value) && (("domain" in value && "body" in value) || "symbols" in value)) return false;
  if (isTerm(value)) {
    if (comprehensions.has(value.type)) return false;
    if (value.type === "var") return typeof value.value === "string" && isRoot(value.value, analysis);
  }
  return childrenOf(value).every((child) => isGround(child, analysis));
}

function isRoot(name: string, analysis: Analysis): boolean {
  return name === "input" || analysis.constants.has(name) || analysis.rules.has(name);
}

function scan(node: unknown, body: Body): void {
  if (!isNode(node)) {
    for (const child of childrenOf(node)) scan(child, body);
  } else if (node.negated === true) {
    enclose([{ ...node, negated: false }], body);
  } else if ("domain" in node && "body" in node) {
    scan(node.domain, body);
    enclose([node.body], body, variablesIn([node.key, node.value]), ofInput(node.domain, body) ? 1 : 0);
  } else if (isTerm(node) && comprehensions.has(node.type)) {
    enclose(childrenOf(node.value), body);
  } else {
    const some = Array.isArray(node.symbols) ? memberTest(node.symbols[0]) : undefined;
    if (some !== undefined) scanSome(some, body);
    else scanPlain(node, body);
  }
}

/** What is evaluated on its own for each binding of the body around it. */
function enclose(nodes: readonly unknown[], body: Body, more: ReadonlySet<string> = new Set(), extra = 0): void {
  const degree = extra + degreeOfBody(nodes, new Set([...body.bound, ...more]), body.analysis);
  body.inner = Math.max(body.inner, degree);
}

/** `some x in xs`: one iteration, unless what it goes through is written out or comes from the bundle. */
function scanSome(parts: readonly unknown[], body: Body): void {
  const domain = parts.at(-1);
  if (ofInput(domain, body)) body.own++;
  scan(domain, body);
}

function scanPlain(node: Readonly<Record<string, unknown>>, body: Body): void {
  const call = callOf(node);
  if (call !== undefined) scanCall(call, body);
  if (isTerm(node) && node.type === "ref") scanRef(node, body);
  if (isTerm(node) && node.type === "var" && typeof node.value === "string") useRule(node.value, body);
  for (const child of childrenOf(node)) scan(child, body);
}

function scanCall(call: readonly unknown[], body: Body): void {
  const [operator] = call;
  const name = isTerm(operator) ? fixedPath(operator).join(".") : "";
  if (name === "walk") body.own++;
  if (costly.has(name)) body.inner = Math.max(body.inner, WORKER);
  if (memberTest(node(call)) !== undefined && ofInput(call.at(-1), body)) body.inner = Math.max(body.inner, 1);
}

function node(call: readonly unknown[]): unknown {
  return { type: "call", value: call };
}

function scanRef(ref: Term, body: Body): void {
  const path = fixedPath(ref);
  const own = ownName(path, body.analysis.packagePath);
  if (own !== undefined) useRule(own, body);
  // Another package's rules are not looked into, so their cost is in doubt.
  else if (path[0] === "data" && (path[1] === "policy" || path[1] === "toolgate")) body.inner = Math.max(body.inner, WORKER);
  if (path[0] !== undefined && body.analysis.constants.has(path[0])) return;
  for (const part of Array.isArray(ref.value) ? ref.value.slice(1) : []) {
    if (!isTerm(part) || part.type !== "var" || typeof part.value !== "string") continue;
    if (body.bound.has(part.value) || body.analysis.rules.has(part.value)) continue;
    body.bound.add(part.value); // iterated over once; where it stands again it is looked up
    body.own++;
  }
}

function useRule(name: string, body: Body): void {
  if (body.analysis.rules.has(name)) body.inner = Math.max(body.inner, degreeOfRule(name, body.analysis));
}

/** The operands of `x in xs` or `k, x in xs`. */
function memberTest(value: unknown): readonly unknown[] | undefined {
  const call = isNode(value) ? callOf(value) : undefined;
  const [operator, ...operands] = call ?? [];
  const name = isTerm(operator) ? fixedPath(operator).join(".") : "";
  return name === "internal.member_2" || name === "internal.member_3" ? operands : undefined;
}

/** Operator and operands of a call, which stands as a term or as a whole expression. */
function callOf(value: Readonly<Record<string, unknown>>): readonly unknown[] | undefined {
  if (value.type === "call" && Array.isArray(value.value)) return value.value;
  return Array.isArray(value.terms) ? value.terms : undefined;
}

/** Whether the input may make this longer: all but what is written out and what the bundle holds. */
function ofInput(domain: unknown, body: Body): boolean {
  if (!isTerm(domain)) return true;
  if (literals.has(domain.type)) return false;
  const root = domain.type === "ref" ? fixedPath(domain)[0] : domain.value;
  const path = fixedPath(domain);
  if (path[0] === "data" && (path[1] === undefined || path[1] === "policy" || path[1] === "toolgate")) return true;
  return !(typeof root === "string" && body.analysis.constants.has(root));
}

/** Variables that a body gives a value by `:=` or `some … in`, without those of bodies inside it. */
function bindIn(value: unknown, bound: Set<string>): void {
  if (!isNode(value)) {
    for (const child of childrenOf(value)) bindIn(child, bound);
    return;
  }
  if (isTerm(value) && comprehensions.has(value.type)) return;
  if ("domain" in value && "body" in value) return;
  const some = Array.isArray(value.symbols) ? memberTest(value.symbols[0]) : undefined;
  for (const name of variablesIn(some?.slice(0, -1) ?? [])) bound.add(name);
  const call = callOf(value);
  const [operator, left] = call ?? [];
  if (isTerm(operator) && fixedPath(operator).join(".") === "assign") for (const name of variablesIn([left])) bound.add(name);
  for (const child of childrenOf(value)) bindIn(child, bound);
}

function variablesIn(nodes: readonly unknown[]): ReadonlySet<string> {
  const found = new Set<string>();
  const waiting: unknown[] = [...nodes];
  while (waiting.length > 0) {
    const next = waiting.pop();
    if (isTerm(next) && next.type === "var" && typeof next.value === "string") found.add(next.value);
    else waiting.push(...childrenOf(next));
  }
  return found;
}
