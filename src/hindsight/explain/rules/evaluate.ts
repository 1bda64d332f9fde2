import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { capabilitiesFile, jsonOf, type Opa, OpaFailed, type OpaOutput, runOpa, runOpaWithin } from "../../../authoring/index.ts";
import { readTrace, type Trace } from "./trace.ts";
import type { Workspace } from "./workspace.ts";

/** A rule of an author package, all its clauses. */
export interface RuleAsked {
  readonly package: string;
  readonly rule: string;
}

/** What OPA made of some rules: the trace, or why there is none. */
export interface Evaluated {
  readonly asked: readonly RuleAsked[];
  readonly trace?: Trace;
  /** A built-in that failed, or a trace beyond all measure; in one sentence. */
  readonly failure?: string;
}

export interface Evaluation {
  readonly opa: Opa;
  readonly workspace: Workspace;
  /** File of the input below the workspace's folder. */
  readonly inputFile: string;
  /** `input.time.ns` as it is written, where the input has one. */
  readonly nowNs: string | undefined;
  /** Larger traces are not read. */
  readonly mostBytes?: number;
}

/** A trace takes some ten kilobytes for each turn of a loop, and more in memory once it is read. */
const MOST_TRACE_BYTES = 64 * 1024 * 1024;
const MOST_TRACE_MS = 20_000;

const outputSchema = z.object({
  result: z.tuple([z.object({ expressions: z.tuple([z.object({ value: z.unknown() })]) })]),
  explanation: z.unknown(),
});
const failureSchema = z.object({ errors: z.array(z.object({ message: z.string() })).min(1) });

/** All rules in one evaluation; where that fails, each half on its own, until it is known which rule it was. */
export async function evaluateRules(how: Evaluation, asked: readonly RuleAsked[]): Promise<readonly Evaluated[]> {
  if (asked.length === 0) return [];
  const done = await traced(how, asked);
  if (done.failure === undefined || asked.length === 1) return [done];
  const half = Math.ceil(asked.length / 2);
  return [...(await evaluateRules(how, asked.slice(0, half))), ...(await evaluateRules(how, asked.slice(half)))];
}

async function traced(how: Evaluation, asked: readonly RuleAsked[]): Promise<Evaluated> {
  const frozen = frozenClock(how);
  const values = asked.map(
    ({ package: name, rule }) => `[v | v := data.policy[${JSON.stringify(name)}][${JSON.stringify(rule)}]${frozen}]`,
  );
  // Without these two OPA leaves out rules and clauses that cannot hold, and with them the condition that one asks for.
  const whole = ["--explain", "full", "--disable-indexing", "--disable-early-exit"];
  const { opa, workspace, mostBytes = MOST_TRACE_BYTES } = how;
  const args = argsOf(how, whole, `[${values.join(", ")}]`);
  const output = await runOpaWithin(opa, args, workspace.folder, MOST_TRACE_MS, mostBytes);
  if (output === undefined) return { asked, failure: "the rule goes through more than can be shown" };
  const answer = jsonOf(output.stdout);
  const failed = failureSchema.safeParse(answer);
  if (failed.success) return { asked, failure: failed.data.errors[0]?.message ?? "the evaluation failed" };
  const parsed = outputSchema.safeParse(answer);
  const trace = parsed.success ? readTrace(parsed.data.explanation) : undefined;
  if (trace === undefined) throw new OpaFailed(how.opa, `opa eval said ${JSON.stringify((output.stderr + output.stdout).slice(0, 200))}`);
  return { asked, trace };
}

/** The answer of the product library to the whole input, without a trace; undefined where OPA refuses to give one. */
export async function askLibrary(how: Evaluation, entrypoint: string): Promise<{ readonly value?: unknown; readonly failure?: string }> {
  const { stdout, stderr } = await evaluated(how, [], `[v | v := data.toolgate.${entrypoint}${frozenClock(how)}]`);
  const answer = jsonOf(stdout);
  const failed = failureSchema.safeParse(answer);
  if (failed.success) return { failure: failed.data.errors[0]?.message ?? "the evaluation failed" };
  const parsed = z.object({ result: outputSchema.shape.result }).safeParse(answer);
  if (!parsed.success) throw new OpaFailed(how.opa, `opa eval said ${JSON.stringify((stderr + stdout).slice(0, 200))}`);
  const [value] = z.array(z.unknown()).parse(parsed.data.result[0].expressions[0].value);
  return value === undefined ? {} : { value };
}

function frozenClock({ workspace, nowNs }: Evaluation): string {
  return workspace.readsClock && nowNs !== undefined ? ` with time.now_ns as ${nowNs}` : "";
}

function evaluated(how: Evaluation, flags: readonly string[], query: string): Promise<OpaOutput> {
  return runOpa(how.opa, argsOf(how, flags, query), how.workspace.folder);
}

function argsOf({ workspace, inputFile }: Evaluation, flags: readonly string[], query: string): readonly string[] {
  const strict = ["--strict-builtin-errors", "--capabilities", capabilitiesFile];
  const data = workspace.sources.flatMap((one) => ["--data", one]);
  return ["eval", "--format", "json", ...flags, ...strict, ...data, "--input", inputFile, query];
}

export async function writeInput({ folder }: Workspace, name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return name;
}
