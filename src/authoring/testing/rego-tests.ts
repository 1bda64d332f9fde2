import { z } from "zod";
import { type Opa, OpaFailed, quoted, runOpaWithin } from "../opa.ts";
import { jsonOf } from "../rego/index.ts";
import { coverageSchema, type OpaCoverage } from "./coverage.ts";
import type { Failure, TestResult } from "./test-run.ts";
import type { Workspace } from "./workspace.ts";

const resultSchema = z.object({
  location: z.object({ file: z.string(), row: z.number() }),
  package: z.string(),
  name: z.string(),
  fail: z.boolean().optional(),
  skip: z.boolean().optional(),
  error: z.object({ code: z.string().optional(), message: z.string() }).optional(),
  /** Nanoseconds. */
  duration: z.number().default(0),
  output: z.string().optional(),
  sub_results: z.record(z.string(), z.unknown()).optional(),
});
const resultsSchema = z.array(resultSchema);
type OpaResult = z.infer<typeof resultSchema>;

export interface RegoTestOptions {
  /** Milliseconds that each test may take. */
  readonly timeoutMs: number;
  /** A regular expression of RE2 over `data.policy.refunds_test.test_x`. */
  readonly run?: string | undefined;
}

export interface RegoTests {
  readonly results: readonly TestResult[];
  /** By the full name that OPA selects tests by. */
  readonly passed: readonly string[];
}

/** How long OPA may take beside its tests, to read and compile what they are about. */
const COMPILING_MS = 60_000;
/** More would hang for the rest of the day; every test counts against it, also those that end in time. */
const MOST_TESTS = 100;

/** Runs the *_test.rego of the author. A test that hangs is a failing test with its name. */
export async function runRegoTests(opa: Opa, workspace: Workspace, { timeoutMs, run }: RegoTestOptions): Promise<RegoTests> {
  if (!workspace.hasTests) return { results: [], passed: [] };
  const args = [
    "test",
    "--format",
    "json",
    "--timeout",
    `${timeoutMs}ms`,
    ...(run === undefined ? [] : ["--run", run]),
    ...workspace.sources,
  ];
  const done = await runOpaWithin(opa, args, workspace.folder, COMPILING_MS + MOST_TESTS * timeoutMs);
  if (done === undefined) return { results: [unended(workspace)], passed: [] };
  const parsed = resultsSchema.safeParse(jsonOf(done.stdout.trim() === "" ? "[]" : done.stdout));
  if (!parsed.success || (done.code !== 0 && done.stdout.trim() === ""))
    throw new OpaFailed(opa, `opa test said ${quoted(done.stderr + done.stdout)}`);
  const inOrder = parsed.data.toSorted((a, b) =>
    a.location.file < b.location.file ? -1 : a.location.file > b.location.file ? 1 : a.location.row - b.location.row,
  );
  const results = inOrder.map((one) => resultOf(one, timeoutMs));
  const passed = inOrder.filter((_, at) => results[at]?.outcome === "passed").map(fullName);
  return { results, passed };
}

function fullName({ package: path, name }: OpaResult): string {
  return `${path}.${name}`;
}

function resultOf(one: OpaResult, timeoutMs: number): TestResult {
  const { location, name } = one;
  const failures = one.skip === true ? [] : failuresOf(one, timeoutMs);
  const outcome = one.skip === true ? "skipped" : failures.length > 0 ? "failed" : "passed";
  return { suite: "rego", name, file: location.file, line: location.row, ms: one.duration / 1e6, outcome, failures };
}

function failuresOf(one: OpaResult, timeoutMs: number): readonly Failure[] {
  const { error, fail, output, sub_results: sub = {} } = one;
  const printed = output === undefined ? "" : Buffer.from(output, "base64").toString("utf8").trim();
  const told = (kind: Failure["kind"], text: string): readonly Failure[] => [
    { kind, text: printed === "" ? text : `${text}; it printed: ${printed}`, differences: [] },
  ];
  if (error?.code === "eval_cancel_error" || error?.message === "context deadline exceeded")
    return told("timeout", `did not end within ${timeoutMs / 1000} s`);
  if (error !== undefined) return told("error", error.message);
  if (fail !== true) return [];
  const failing = Object.entries(sub).filter(([, value]) => resultSchema.partial().safeParse(value).data?.fail === true);
  return told(
    "failed",
    failing.length === 0 ? "does not hold" : `does not hold for ${failing.map(([key]) => JSON.stringify(key)).join(", ")}`,
  );
}

function unended({ folder: _ }: Workspace): TestResult {
  const text = "the tests did not end, and OPA could not say which of them";
  return {
    suite: "rego",
    name: "opa test",
    file: "policy",
    line: 1,
    outcome: "failed",
    failures: [{ kind: "timeout", text, differences: [] }],
  };
}

/** Names in one argument of a command. */
const NAMES_AT_ONCE = 400;

/** Which lines the tests reach that passed: OPA tells none if one fails. */
export async function testCoverage(opa: Opa, { folder, sources }: Workspace, passed: readonly string[]): Promise<readonly OpaCoverage[]> {
  const found: OpaCoverage[] = [];
  for (let from = 0; from < passed.length; from += NAMES_AT_ONCE) {
    const names = passed.slice(from, from + NAMES_AT_ONCE).map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"));
    const args = ["test", "--coverage", "--format", "json", "--timeout", "120s", "--run", `^(${names.join("|")})$`, ...sources];
    const done = await runOpaWithin(opa, args, folder, COMPILING_MS + MOST_TESTS * 1000);
    const parsed = coverageSchema.safeParse(jsonOf(done?.stdout ?? ""));
    if (parsed.success) found.push(parsed.data);
  }
  return found;
}
