import { z } from "zod";
import { isNode, type Term } from "../../../authoring/index.ts";

// What `opa eval --explain full` tells, as a tree: each query with its own steps and the queries that it led to.

/** One step of OPA. */
export interface Step {
  /** `Enter`, `Eval`, `Fail`, `Redo`, `Exit`, `Index` … */
  readonly op: string;
  readonly node: unknown;
  readonly row: number;
  readonly col: number;
  /** Place in the whole trace. */
  readonly at: number;
  /** What the variables of the compiled rule hold, with the names and places they have in the source. */
  readonly locals: readonly Local[];
}

export interface Local {
  readonly compiled: string;
  /** The author's own name, or the compiled one where the author wrote none. */
  readonly name: string;
  readonly row: number | undefined;
  readonly col: number | undefined;
  readonly value: unknown;
}

/** One evaluation of a rule, or of a body inside one: what is negated, an `every`, a comprehension. */
export interface Run {
  readonly file: string;
  readonly row: number;
  /** Absent of a body inside a rule. */
  readonly rule: { readonly name: string; readonly isDefault: boolean } | undefined;
  /** Place of its beginning in the whole trace. */
  readonly at: number;
  readonly parent: Run | undefined;
  readonly steps: readonly Step[];
  readonly children: readonly Run[];
}

export interface Trace {
  /** Every run, in the order of their beginnings. */
  readonly runs: readonly Run[];
}

const location = z.object({ file: z.string(), row: z.number(), col: z.number() });
const eventSchema = z.object({
  Op: z.string(),
  Node: z.unknown(),
  Location: location.nullish(),
  QueryID: z.number(),
  ParentID: z.number(),
  Locals: z.array(z.looseObject({ name: z.string(), type: z.string(), value: z.unknown() })).nullish(),
  LocalMetadata: z.record(z.string(), z.object({ name: z.string(), location: location.nullish() })).nullish(),
});

type RawEvent = z.infer<typeof eventSchema>;

interface Growing extends Run {
  readonly steps: Step[];
  readonly children: Growing[];
}

/** The tree of a trace; undefined where it is none. */
export function readTrace(explanation: unknown): Trace | undefined {
  const events = z.array(eventSchema).safeParse(explanation);
  if (!events.success) return undefined;
  const byQuery = new Map<number, Growing>();
  const runs: Growing[] = [];
  for (const [at, event] of events.data.entries()) {
    let run = byQuery.get(event.QueryID);
    if (run === undefined) {
      const parent = event.ParentID === event.QueryID ? undefined : byQuery.get(event.ParentID);
      run = { ...placeOf(event), rule: ruleOf(event.Node), at, parent, steps: [], children: [] };
      byQuery.set(event.QueryID, run);
      runs.push(run);
      parent?.children.push(run);
    }
    run.steps.push(stepOf(event, at));
  }
  return { runs };
}

function placeOf({ Location: where }: RawEvent): { readonly file: string; readonly row: number } {
  return { file: where?.file ?? "", row: where?.row ?? 0 };
}

function ruleOf(node: unknown): Run["rule"] {
  if (!isNode(node) || !isNode(node.head)) return undefined;
  const [first] = Array.isArray(node.head.ref) ? node.head.ref : [];
  const name = isNode(first) && typeof first.value === "string" ? first.value : node.head.name;
  return { name: String(name), isDefault: node.default === true };
}

function stepOf(event: RawEvent, at: number): Step {
  const about = event.LocalMetadata ?? {};
  const locals = (event.Locals ?? []).map(({ name: compiled, type, value }): Local => {
    const known = Object.hasOwn(about, compiled) ? about[compiled] : undefined;
    return {
      compiled,
      name: known?.name ?? compiled,
      row: known?.location?.row,
      col: known?.location?.col,
      value: plainValue({ type, value }),
    };
  });
  return { op: event.Op, node: event.Node, row: event.Location?.row ?? 0, col: event.Location?.col ?? 0, at, locals };
}

/** Where an expression stands in the compiled body: the order in which OPA asks. Undefined for what is no expression. */
export function orderOf({ node }: Step): number | undefined {
  return isNode(node) && typeof node.index === "number" ? node.index : undefined;
}

export function isGenerated({ node }: Step): boolean {
  return isNode(node) && node.generated === true;
}

/** A ground term as plain JSON; sets become lists. What is no value is undefined. */
export function plainValue(term: unknown): unknown {
  if (!isNode(term) || typeof term.type !== "string") return undefined;
  return readers[term.type]?.(term.value);
}

const list = (value: unknown): unknown => (Array.isArray(value) ? value.map(plainValue) : undefined);
const same = (value: unknown): unknown => value;

const readers: Readonly<Record<Term["type"], (value: unknown) => unknown>> = {
  string: same,
  number: same,
  boolean: same,
  null: () => null,
  array: list,
  set: list,
  object: (value) =>
    Array.isArray(value)
      ? Object.fromEntries(value.map((pair) => (Array.isArray(pair) ? [keyText(plainValue(pair[0])), plainValue(pair[1])] : [])))
      : undefined,
};

function keyText(key: unknown): string {
  return typeof key === "string" ? key : JSON.stringify(key);
}
