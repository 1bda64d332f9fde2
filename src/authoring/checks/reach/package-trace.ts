import type { Clause } from "../../rego/index.ts";
import type { CheckedPackage } from "../check.ts";
import type { Origin } from "./origin.ts";
import { toolsOf } from "./target.ts";
import { sevenOf, type Trace, traceOf, type Use } from "./trace.ts";

/** One clause of the seven and all that it looks at. */
export interface Traced extends Trace {
  /** Which of the seven it is. */
  readonly name: string;
  readonly clause: Clause;
}

const known = new WeakMap<CheckedPackage, readonly Traced[]>();

/** Every clause of the seven of a package, followed once for all checks. */
export function tracedClauses(checked: CheckedPackage): readonly Traced[] {
  const found = known.get(checked);
  if (found !== undefined) return found;
  const tools = toolsOf(checked);
  const traced = [...sevenOf(checked)].map(({ name, clause }) => {
    const { uses, comparisons, calls } = traceOf(checked, clause, tools, checked.tables);
    return { name, clause, uses, comparisons, calls };
  });
  known.set(checked, traced);
  return traced;
}

/** Of uses in one line only those that say most: of `input.args.amount`, not `input.args` again. */
export function withoutPrefixes(uses: readonly Use[]): readonly Use[] {
  return uses.filter(
    (use) => !uses.some((other) => other.clause === use.clause && other.line === use.line && leadsTo(use.origin, other.origin)),
  );
}

function leadsTo(short: Origin, long: Origin): boolean {
  if (short.root !== long.root || short.path.length >= long.path.length || short.path.length === 0) return false;
  return short.path.every((step, at) => step === long.path[at]);
}

/** `in "helper", which permit reaches`, where something does not stand in the clause of the seven itself. */
export function whereText(stands: Clause, name: string, by: Clause): string {
  return stands.rule === by.rule ? `in ${name}` : `in "${nameOfClause(stands)}", which ${name} uses`;
}

function nameOfClause({ rule }: Clause): string {
  return String(rule.head.ref[0]?.value);
}
