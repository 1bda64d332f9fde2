import {
  type AuthorModules,
  authorModules,
  type Clause,
  childrenOf,
  gatherMistakes,
  isExpression,
  isNode,
  isTerm,
  type Module,
  type Naming,
  nameOf,
  namesOf,
  type Opa,
  parseModules,
  type Rule,
  textOf,
} from "../../../authoring/index.ts";
import { plainValue } from "./trace.ts";
import type { Workspace } from "./workspace.ts";

// The rules as their authors wrote them, by the places that a trace names.

/** One clause or one `else` of a rule. */
export interface SourceClause {
  readonly own: AuthorModules;
  readonly naming: Naming;
  readonly rule: string;
  readonly file: string;
  readonly line: number;
  /** The element that it adds, where its head is a literal. */
  readonly element: unknown;
  readonly conditions: readonly SourceCondition[];
}

/** One line of a body. */
export interface SourceCondition {
  readonly node: unknown;
  readonly line: number;
  readonly col: number;
  readonly text: string;
  readonly end: { readonly line: number; readonly col: number };
}

export interface Sources {
  /** Author packages by name. */
  readonly packages: ReadonlyMap<string, AuthorModules>;
  clauseAt(file: string, line: number, rule: string): SourceClause | undefined;
  /** Clauses of a rule of a package, in the order of files and lines. */
  clausesOf(name: string, rule: string): readonly SourceClause[];
}

/** Parses the files of these packages. They were compiled when the bundle was built, so a mistake in one is left out. */
export async function readSources(opa: Opa, { folder, authorFiles }: Workspace, wanted: ReadonlySet<string>): Promise<Sources> {
  const files = [...authorFiles].filter(([, name]) => wanted.has(name)).map(([file]) => file);
  const modules = await parseModules(opa, folder, files, gatherMistakes());
  const byPackage = new Map<string, Module[]>();
  for (const module of modules) {
    const name = module.package[1] ?? "";
    byPackage.set(name, [...(byPackage.get(name) ?? []), module]);
  }
  const packages = new Map([...byPackage].map(([name, own]) => [name, authorModules(name, own)]));
  const clauses = new Map<string, SourceClause>();
  const byRule = new Map<string, SourceClause[]>();
  for (const own of packages.values()) {
    for (const clause of [...own.clauses.values()].flat().flatMap((one) => clausesIn(own, one))) {
      clauses.set(keyOf(clause.file, clause.line, clause.rule), clause);
      const rule = `${own.name} ${clause.rule}`;
      byRule.set(rule, [...(byRule.get(rule) ?? []), clause]);
    }
  }
  return {
    packages,
    clauseAt: (file, line, rule) => clauses.get(keyOf(file, line, rule)),
    clausesOf: (name, rule) => byRule.get(`${name} ${rule}`) ?? [],
  };
}

const keyOf = (file: string, line: number, rule: string): string => `${file}:${line} ${rule}`;

function clausesIn(own: AuthorModules, clause: Clause): readonly SourceClause[] {
  const { module, rule } = clause;
  const naming = namesOf(own, clause);
  const common = { own, naming, rule: nameOf(rule), file: module.file };
  const found: SourceClause[] = [{ ...common, line: rule.line, element: elementOf(rule), conditions: conditionsOf(rule.body) }];
  for (let next = rule.else; isNode(next); next = next.else) {
    found.push({ ...common, line: placeOf(next).line, element: undefined, conditions: conditionsOf(next.body) });
  }
  return found;
}

function elementOf({ head }: Rule): unknown {
  return head.key === undefined ? undefined : plainValue(head.key);
}

/** Without the `true` that OPA puts where an author wrote no condition. */
export function conditionsOf(body: unknown): readonly SourceCondition[] {
  return childrenOf(body).flatMap((node) => (isExpression(node) && !isOpen(node) ? [conditionOf(node)] : []));
}

function isOpen(node: unknown): boolean {
  const terms = isNode(node) ? node.terms : undefined;
  return isNode(node) && isTerm(terms) && terms.type === "boolean" && terms.value === true && !/^true\b/.test(textOf(node));
}

function conditionOf(node: unknown): SourceCondition {
  const { line, col } = placeOf(node);
  const text = textOf(node);
  const lines = text.split("\n");
  const last = lines.at(-1) ?? "";
  // OPA counts columns in bytes or characters: the longer of the two holds both.
  const end = { line: line + lines.length - 1, col: (lines.length === 1 ? col : 1) + Buffer.byteLength(last) };
  return { node, line, col, text: shown(text), end };
}

/** On one line. Of an `else` OPA tells the whole of it: what stands behind its `if` is the condition. */
function shown(text: string): string {
  const first = text.split("\n", 1)[0] ?? "";
  const condition = /^else\b.*?\bif\s+(.*?)\s*\{?$/.exec(first)?.[1];
  return (condition ?? text).replace(/\s+/g, " ").trim();
}

export function placeOf(node: unknown): { readonly line: number; readonly col: number } {
  const location = isNode(node) && isNode(node.location) ? node.location : {};
  return {
    line: typeof location.row === "number" ? location.row : 0,
    col: typeof location.col === "number" ? location.col : 0,
  };
}

/** The condition that a step of a trace belongs to: OPA takes what is nested in one apart, and puts it before. */
export function conditionAt(conditions: readonly SourceCondition[], row: number, col: number): SourceCondition | undefined {
  const exact = conditions.find((one) => one.line === row && one.col === col);
  return exact ?? conditions.findLast((one) => isWithin(one, row, col));
}

function isWithin({ line, col, end }: SourceCondition, row: number, column: number): boolean {
  if (row < line || row > end.line) return false;
  if (row === line && column < col) return false;
  return row < end.line || column < end.col;
}
