import { didYouMean } from "../../../core/mistakes.ts";
import { callAt, isTerm, textOf } from "../../rego/index.ts";
import type { Check } from "../check.ts";
import { type ArgumentFault, argumentFault } from "./argument-schema.ts";
import { example } from "./example.ts";
import { type Origin, originText, type Step, sameOrigin } from "./origin.ts";
import { type Traced, tracedClauses, whereText } from "./package-trace.ts";
import { asksForPresence } from "./presence.ts";
import type { Target } from "./target.ts";
import type { Use } from "./trace.ts";
import { literalOf } from "./value.ts";

export const argumentThatMayBeMissing: Check = {
  id: "argument-that-may-be-missing",
  title: "a constrain or oblige that looks at an argument that a tool may be called without, or that may be of another type",
  danger: "without the argument the rule is silent and the server takes a default of its own, so whoever leaves it out is not limited",
  wanted: "an argument that the pinned schema of every tool the rule is about requires, with one type, or a value in its place",
  example: {
    wrong: example(`constrain contains {"code": "example.too_many"} if {
	input.tool.id == "crm.search_customers"
	input.args.limit > 100
}`),
    right: example(`constrain contains {"code": "example.too_many"} if {
	input.tool.id == "crm.search_customers"
	object.get(input.args, "limit", 101) > 100
}`),
  },
  find: (checked, report) => {
    const traced = tracedClauses(checked).filter(({ name }) => name === "constrain" || name === "oblige");
    for (const one of traced) {
      for (const use of one.uses) {
        const { clause: at, line } = use;
        if (isWhole(use.origin)) {
          const remedy = "name the arguments that it looks at: of a whole input nobody can tell which ones it needs";
          report({ at, line, found: `the whole input, or any member of it, ${whereText(at, one.name, one.clause)}`, remedy });
          continue;
        }
        const typo = misspelt(use);
        if (typo !== undefined) {
          report({
            at,
            line,
            found: `"${originText(use.origin)}" ${whereText(at, one.name, one.clause)}, which no tool takes`,
            remedy: typo,
          });
          continue;
        }
        const [first, ...more] = faultsOf(use, traced);
        if (first === undefined || asksForPresence(checked, at, use.origin)) continue;
        const { target, fault } = first;
        const others =
          more.length === 0
            ? ""
            : more.length === 1
              ? "; another tool does not promise it either"
              : `; ${more.length} other tools do not promise it either`;
        const found = `"${originText(use.origin)}" ${whereText(at, one.name, one.clause)}: ${target.id} ${fault.says}${others}`;
        const mended = mendedText(use, fault);
        report({ at, line, found, remedy: remedyFor(use, [first, ...more]), ...(mended !== undefined && { mended }) });
      }
    }
  },
};

interface Faulty {
  readonly target: Target;
  readonly fault: ArgumentFault;
}

/** The tools that may be called without what is looked at, where nothing answers for that. */
function faultsOf(use: Use, traced: readonly Traced[]): readonly Faulty[] {
  const path = argumentPath(use.origin);
  if (path === undefined || use.missing === "fails" || use.missing === "covered") return [];
  return use.targets.flatMap((target) => {
    const fault = target.schema === undefined ? undefined : argumentFault(target.schema, path);
    return fault === undefined || answered(use.origin, target, traced) ? [] : [{ target, fault }];
  });
}

/** A name that no tool has and that is nearly one that they have: whatever stands in its place counts for every call. */
function misspelt({ origin, missing, targets }: Use): string | undefined {
  const [name, ...deeper] = argumentPath(origin) ?? [];
  if (missing !== "covered" || typeof name !== "string" || deeper.length > 0) return undefined;
  const known = targets.flatMap(({ schema }) => Object.keys(typeof schema?.properties === "object" ? (schema.properties ?? {}) : {}));
  return known.includes(name) ? undefined : didYouMean(name, known);
}

/** Whether another rule of the package speaks up for this tool where the argument is missing: `not input.args.limit`, or a helper under `not`. */
function answered(origin: Origin, target: Target, traced: readonly Traced[]): boolean {
  return traced.some(({ uses }) =>
    uses.some((use) => use.missing === "fails" && sameOrigin(use.origin, origin) && use.targets.some(({ id }) => id === target.id)),
  );
}

/** The steps below `input.args`; none for the arguments as a whole, which every call has. */
export function argumentPath({ root, path }: Origin): readonly Step[] | undefined {
  const [member, first, ...rest] = path;
  // What iterates over all arguments asks each that is there.
  return root === "input" && member === "args" && first !== undefined && first !== null ? [first, ...rest] : undefined;
}

function isWhole({ root, path }: Origin): boolean {
  return root === "input" && (path.length === 0 || path[0] === null);
}

function remedyFor({ targets, origin }: Use, faults: readonly Faulty[]): string {
  const able = targets.filter((target) => !faults.some((one) => one.target === target));
  const name = JSON.stringify(String(origin.path.at(-1)));
  if (faults.every(({ fault }) => fault.foreign) && able.length > 0) {
    const [only, second] = able;
    return second === undefined
      ? `say which tool it is about: input.tool.id == "${only?.id}"`
      : `say which tools it is about: input.tool.id in {${able
          .slice(0, 6)
          .map(({ id }) => `"${id}"`)
          .join(", ")}${able.length > 6 ? ", …" : ""}}`;
  }
  const object = originText({ ...origin, path: origin.path.slice(0, -1) });
  return `say what counts without it: object.get(${object}, ${name}, …); if only its presence matters: ${name} in object.keys(${object})`;
}

/** `input.args.limit > 100` with the value that counts where there is no limit, such that the rule still holds. */
function mendedText({ expression, origin }: Use, fault: ArgumentFault): string | undefined {
  const call = callAt(expression);
  const [left, right] = call?.operands ?? [];
  const text = textOf(expression);
  const path = originText(origin);
  const literal = literalOf(right)?.value;
  if (fault.foreign || call === undefined || literal === undefined || !isTerm(left) || textOf(left) !== path) return undefined;
  const value = valueThatHolds(call.name, literal);
  if (value === undefined) return undefined;
  const object = originText({ ...origin, path: origin.path.slice(0, -1) });
  return text.replace(path, `object.get(${object}, ${JSON.stringify(String(origin.path.at(-1)))}, ${JSON.stringify(value)})`);
}

function valueThatHolds(operator: string, literal: unknown): unknown {
  if (operator === "equal" || operator === "gte" || operator === "lte") return literal;
  if (operator === "internal.member_2") return Array.isArray(literal) ? literal[0] : undefined;
  if (typeof literal !== "number") return undefined;
  if (operator === "gt") return literal + 1;
  return operator === "lt" ? literal - 1 : undefined;
}
