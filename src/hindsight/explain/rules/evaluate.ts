import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { capabilitiesFile, jsonOf, type Opa, OpaFailed, type OpaOutput, runOpa } from "../../../authoring/index.ts";
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
}

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
  let output: OpaOutput;
  try {
    output = await evaluated(how, whole, `[${values.join(", ")}]`);
  } catch (error) {
    if (isTooLong(error)) return { asked, failure: "there is more to go through than can be shown" };
    throw error;
  }
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

function evaluated({ opa, workspace, inputFile }: Evaluation, flags: readonly string[], query: string): Promise<OpaOutput> {
  const strict = ["--strict-builtin-errors", "--capabilities", capabilitiesFile];
  const data = workspace.sources.flatMap((one) => ["--data", one]);
  return runOpa(opa, ["eval", "--format", "json", ...flags, ...strict, ...data, "--input", inputFile, query], workspace.folder);
}

export async function writeInput({ folder }: Workspace, name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return name;
}

function isTooLong(error: unknown): boolean {
  return (
    error instanceof OpaFailed &&
    error.cause instanceof Error &&
    "code" in error.cause &&
    error.cause.code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER"
  );
}
