import { type Command, InvalidArgumentError, Option } from "commander";
import { environment } from "../../app/index.ts";
import {
  countsOf,
  findOpa,
  holds,
  readPattern,
  type TestFormat,
  testFormats,
  testPolicies,
  type Unopened,
  writeTestReport,
} from "../../authoring/index.ts";
import { formatMistakes } from "../../core/mistakes.ts";
import { wholeNumber } from "../flags.ts";
import { exitCodes, type Terminal } from "../terminal.ts";
import { progressOf } from "./progress.ts";
import { type RecordFlags, recordCase } from "./record.ts";

interface TestFlags extends RecordFlags {
  readonly run?: RegExp;
  readonly coverage?: boolean;
  readonly minCoverage?: number;
  readonly timeout: number;
  readonly format: TestFormat;
}

export function registerPolicyTest(policy: Command, terminal: Terminal): void {
  policy
    .command("test")
    .description("run the tests and the golden cases on OPA and on the evaluator of the gateway (needs OPA)")
    .argument("<policies>", "folder with policy/, catalog/ and cases/")
    .option("--run <pattern>", "only tests and cases whose name fits this regular expression", pattern)
    .option("--coverage", "say which lines of the rules nothing reaches")
    .option("--min-coverage <percent>", "fail below it", wholeNumber(0, 100))
    .option("--timeout <seconds>", "how long one test or case may take", wholeNumber(1, 600), 5)
    .option("--environment <name>", "the environment that inputs of cases are written for")
    .addOption(new Option("--format <name>", "how it is told").choices(testFormats).default("text"))
    .option("--json", "print one JSON object, as --format json does")
    .option("--record <decision-id>", "turn a logged decision into a golden case, instead of testing")
    .option("--log <folder>", "where the decision stands: the log folder of a gateway, <data_dir>/log")
    .option("--write <file>", "add the case to this file of cases, instead of printing it")
    .action(async (policies: string, flags: TestFlags) => {
      process.exitCode = flags.record === undefined ? await test(terminal, policies, flags) : await recordCase(terminal, policies, flags);
    });
}

async function test(terminal: Terminal, policiesDir: string, flags: TestFlags): Promise<number> {
  const { run, minCoverage } = flags;
  const opa = await findOpa({ env: environment() });
  if (!opa.ok) return tell(terminal, flags, { kind: "unavailable", detail: opa.error });
  const tested = await testPolicies(policiesDir, {
    opa: opa.value,
    coverage: flags.coverage === true || minCoverage !== undefined,
    timeoutMs: flags.timeout * 1000,
    progress: progressOf(terminal, policiesDir),
    ...(run !== undefined && { run }),
    ...(flags.environment !== undefined && { environment: flags.environment }),
  });
  if (!tested.ok) return tell(terminal, flags, tested.error);
  if (run !== undefined && tested.value.results.length === 0) {
    const mistake = {
      file: "--run",
      path: "",
      found: `"${run.source}", which fits no test and no case`,
      wanted: "a pattern that fits some",
    };
    return tell(terminal, flags, { kind: "mistakes", mistakes: [mistake] });
  }
  const report = { run: tested.value, folder: policiesDir, minCoverage };
  terminal.out(writeTestReport(flags.json === true ? "json" : flags.format, report, terminal.paint));
  if (countsOf(tested.value).passed + countsOf(tested.value).failed === 0)
    terminal.err("nothing was tested: there are no tests and no cases");
  return holds(report) ? exitCodes.ok : exitCodes.finding;
}

function tell(terminal: Terminal, { json, format }: { readonly json?: boolean; readonly format: TestFormat }, why: Unopened): number {
  const asJson = json === true || format === "json";
  if (why.kind === "unavailable") {
    if (asJson) terminal.out(JSON.stringify({ ok: false, unavailable: why.detail }));
    else terminal.err(why.detail);
    return exitCodes.unavailable;
  }
  if (asJson) terminal.out(JSON.stringify({ ok: false, mistakes: why.mistakes }));
  else terminal.err(formatMistakes(why.mistakes, { colour: terminal.colour }));
  return exitCodes.mistake;
}

function pattern(text: string): RegExp {
  const read = readPattern(text);
  if (read === undefined) throw new InvalidArgumentError("wanted a regular expression that OPA has too (RE2)");
  return read;
}
