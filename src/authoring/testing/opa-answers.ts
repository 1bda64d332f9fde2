import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { failedCaseAnswer, type GoldenCase, readCaseAnswer } from "../../parts/policy/index.ts";
import { capabilitiesFile } from "../capabilities.ts";
import { type Opa, OpaFailed, quoted, runOpaWithin } from "../opa.ts";
import { jsonOf } from "../rego/index.ts";
import { coverageSchema, type OpaCoverage } from "./coverage.ts";
import type { Workspace } from "./workspace.ts";

type Members = Readonly<Record<string, unknown>>;

export interface OpaAnswers {
  /** One for each case, in order; undefined where none came in time. */
  readonly answers: readonly (Members | undefined)[];
  readonly coverage: readonly OpaCoverage[];
}

export interface OpaAnswerOptions {
  readonly coverage: boolean;
  /** Milliseconds for one evaluation. */
  readonly timeoutMs: number;
}

// The input is bound to a variable first: inside a comprehension OPA 1.22 evaluates "with input as c.input" as if there
// were no input. The cases come as the input of the query, so that no rule can see them in its data.
const entrypoints = ["decide", "discover", "admit", "inspect", "mask"];
const query = `[answer | some c in input.cases; i := c.input; answer := {
${entrypoints.map((name) => `  "${name}": [r | c.entrypoint == "${name}"; r := data.toolgate.${name} with input as i],`).join("\n")}
}[c.entrypoint]]`;

const evalSchema = z.object({
  result: z.tuple([z.object({ expressions: z.tuple([z.object({ value: z.array(z.array(z.unknown()).max(1)) })]) })]),
  coverage: coverageSchema.optional(),
});

/** What OPA may take to start and compile, whatever is asked of it. */
const COMPILING_MS = 60_000;

/** What stands in the place of an answer, by the code that a gateway has for it. */
type Missed = "policy.builtin_error" | "policy.evaluation_failed" | "policy.timeout";
type Raw = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly code: Missed };

/** What OPA's own evaluator answers, in one process and strictly: a built-in that fails is an error there too. */
export async function opaAnswers(
  opa: Opa,
  workspace: Workspace,
  cases: readonly GoldenCase[],
  options: OpaAnswerOptions,
): Promise<OpaAnswers> {
  const coverage: OpaCoverage[] = [];
  const evaluate = (some: readonly GoldenCase[]) => evaluateAll(opa, workspace, some, options, coverage);
  const raw = await evaluate(cases);
  // Lines that nothing reaches are told only by an evaluation that came to its end, be it of nothing.
  if (options.coverage && coverage.length === 0) await evaluateOnce(opa, workspace, [], options, coverage);
  const answers: (Members | undefined)[] = [];
  for (const [at, golden] of cases.entries()) {
    const one = raw[at] ?? timedOut;
    if (one.ok) answers.push(readCaseAnswer(golden, one.value));
    else if (one.code === "policy.timeout") answers.push(undefined);
    else
      answers.push(
        golden.entrypoint === "toolgate/discover"
          ? await itemByItem(golden, evaluate)
          : failedCaseAnswer(golden, { code: one.code, detail: "" }),
      );
  }
  return { answers, coverage };
}

const timedOut: Raw = { ok: false, code: "policy.timeout" };

/** Everything in one evaluation; where that fails, each half on its own, until it is known which case it was. */
async function evaluateAll(
  opa: Opa,
  workspace: Workspace,
  cases: readonly GoldenCase[],
  options: OpaAnswerOptions,
  coverage: OpaCoverage[],
): Promise<readonly Raw[]> {
  if (cases.length === 0) return [];
  const done = await evaluateOnce(opa, workspace, cases, options, coverage);
  if (typeof done !== "string") return done.map((value) => ({ ok: true, value: value[0] }));
  if (cases.length === 1) return [{ ok: false, code: done }];
  const half = Math.ceil(cases.length / 2);
  const first = await evaluateAll(opa, workspace, cases.slice(0, half), options, coverage);
  return [...first, ...(await evaluateAll(opa, workspace, cases.slice(half), options, coverage))];
}

async function evaluateOnce(
  opa: Opa,
  { folder, sources }: Workspace,
  cases: readonly GoldenCase[],
  options: OpaAnswerOptions,
  coverage: OpaCoverage[],
): Promise<readonly (readonly unknown[])[] | Missed> {
  const texts = cases.map(
    ({ entrypoint, input }) => `{"entrypoint":${JSON.stringify(entrypoint.replace("toolgate/", ""))},"input":${input}}`,
  );
  await writeFile(join(folder, "cases.input.json"), `{"cases":[${texts.join(",")}]}`);
  const strict = ["--strict-builtin-errors", "--capabilities", capabilitiesFile];
  const flags = ["--format", "json", ...strict, "--ignore", "*_test.rego", "--timeout", `${options.timeoutMs}ms`];
  const args = ["eval", ...flags, ...(options.coverage ? ["--coverage"] : []), ...sources.flatMap((one) => ["--data", one])];
  const done = await runOpaWithin(opa, [...args, "--input", "cases.input.json", query], folder, COMPILING_MS + options.timeoutMs);
  if (done === undefined) return "policy.timeout";
  const parsed = evalSchema.safeParse(jsonOf(done.stdout));
  if (parsed.success) {
    if (parsed.data.coverage !== undefined) coverage.push(parsed.data.coverage);
    return parsed.data.result[0].expressions[0].value;
  }
  const said = done.stdout + done.stderr;
  if (/eval_builtin_error|eval_type_error/.test(said)) return "policy.builtin_error";
  if (said.includes("eval_conflict_error")) return "policy.evaluation_failed";
  if (/eval_cancel_error|timed out|deadline exceeded/.test(said)) return "policy.timeout";
  throw new OpaFailed(opa, `opa eval said ${quoted(said)}`);
}

/** A rule failed somewhere in a list: as in a gateway each item is judged alone, and those that fail are hidden. */
async function itemByItem(golden: GoldenCase, evaluate: (some: readonly GoldenCase[]) => Promise<readonly Raw[]>): Promise<Members> {
  // Nanoseconds lose nothing that a rule could tell apart: an instant is a whole number of milliseconds.
  const { items, ...common }: { readonly items: readonly unknown[] } = JSON.parse(golden.input);
  const alone = items.map((item): GoldenCase => ({ ...golden, input: JSON.stringify({ ...common, items: [item] }) }));
  const raw = await evaluate(alone);
  const visible = alone.flatMap((one, at) => {
    const result = raw[at] ?? timedOut;
    const seen = result.ok ? readCaseAnswer(one, result.value).visible : [];
    return Array.isArray(seen) && seen.length > 0 ? [at] : [];
  });
  return { visible };
}
