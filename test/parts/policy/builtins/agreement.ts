import { compilePolicy } from "../../../../src/parts/policy/compiled-policy.ts";
import { Evaluator } from "../../../../src/parts/policy/evaluator.ts";
import { memberAt, parseExact } from "../../../../src/parts/policy/exact-json.ts";
import { entrypoints } from "../../../../src/parts/policy/index.ts";
import { buildModule, evalText } from "../opa.ts";
import { library, limits } from "../policies.ts";

/** What one expression comes to: the JSON of its value, `undefined`, or `error`. */
export interface Outcome {
  readonly expression: string;
  readonly opa: string;
  readonly ours: string;
}

/** Hides a value's type from the compiler, so that a wrong one meets the built-in and not the type checker. */
const opaque = 'opaque(x) := object.get({"k": x}, json.unmarshal("\\"k\\""), null)';
/** A value as one text: tells sets from arrays and `1.0` from `1`, and puts in order what a module leaves in any. */
const shown = 'shown(x) := sprintf("%v", [[x]])';
const support = `${opaque}\n\n${shown}`;

/**
 * Evaluates every expression on both sides: in one `opa eval`, which tells the built-in errors by their line, and one by
 * one in our evaluator, because there one that fails turns the whole evaluation into a failure.
 */
export async function outcomes(expressions: readonly string[]): Promise<readonly Outcome[]> {
  const opa = await nativeOutcomes(expressions);
  const evaluator = await evaluatorOf(expressions);
  return expressions.map((expression, index) => ({ expression, opa: opa[index] ?? "", ours: outcomeOf(evaluator, index) }));
}

/** The expressions that the two sides answer differently, as one readable line each. */
export async function disagreements(expressions: readonly string[]): Promise<readonly string[]> {
  const all = await outcomes(expressions);
  return all
    .filter(({ opa, ours }) => opa !== ours)
    .map(({ expression, opa, ours }) => `${expression}: opa ${opa.slice(0, 300)}, ours ${ours.slice(0, 300)}`);
}

async function nativeOutcomes(expressions: readonly string[]): Promise<readonly string[]> {
  const head = `package t\n\n${support}\n\n`;
  const rules = expressions.map((expression, index) => `r["${index}"] := shown(v) if v := ${expression}`);
  const firstLine = head.split("\n").length;
  const text = await evalText({ "native.rego": `${head}${rules.join("\n")}\n` }, "data.t.r", ["--show-builtin-errors"]);
  const output = parseExact(text);
  const failed = new Set<number>();
  const errors = memberAt(output, ["errors"]);
  for (const error of Array.isArray(errors) ? errors : []) failed.add(Number(memberAt(error, ["location", "row"])) - firstLine);
  const found = memberAt(output, ["result", "0", "expressions", "0", "value"]) ?? null;
  return expressions.map((_, index) => {
    const value = memberAt(found, [String(index)]);
    return value === undefined ? (failed.has(index) ? "error" : "undefined") : String(value);
  });
}

async function evaluatorOf(expressions: readonly string[]): Promise<Evaluator> {
  const cases = expressions.map((expression, index) => `answer := v if {\n\tinput.n == ${index}\n\tv := ${expression}\n}`);
  const wasm = await buildModule(
    library({ decide: 'decide := {"value": shown(answer)}' }, `${support}\n\n${cases.join("\n")}`),
    entrypoints,
  );
  const compiled = await compilePolicy({ wasm, data: "{}" }, limits);
  if (!compiled.ok) throw new Error(compiled.error.detail);
  return new Evaluator(compiled.value);
}

function outcomeOf(evaluator: Evaluator, index: number): string {
  const result = evaluator.evaluate("toolgate/decide", JSON.stringify({ n: index, time: { ns: 1_767_776_400_000_000_000 } }));
  if (!result.ok) return result.error.code === "policy.builtin_error" ? "error" : `${result.error.code}: ${result.error.detail}`;
  const value = memberAt(parseExact(result.value), ["0", "result", "value"]);
  return value === undefined ? "undefined" : String(value);
}
