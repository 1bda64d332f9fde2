import { type Command, InvalidArgumentError, Option } from "commander";
import {
  allMet,
  comparePolicies,
  type DiffFailOn,
  diffFailWords,
  diffJson,
  diffMarkdown,
  diffText,
  readFailOn,
} from "../../authoring/index.ts";
import { exitCodes, type Terminal } from "../terminal.ts";
import { readMoment } from "./moment.ts";
import { withWorkbench } from "./open-workbench.ts";
import { progressOf } from "./progress.ts";

interface DiffFlags {
  readonly format: "text" | "markdown" | "json";
  readonly json?: boolean;
  readonly failOn: readonly DiffFailOn[];
  readonly environment?: string;
  readonly at?: number;
}

export function registerPolicyDiff(policy: Command, terminal: Terminal): void {
  policy
    .command("diff")
    .description("say what a change does to access: who gains, who loses, which approvals and budgets move")
    .argument("<old>", "a policy folder or a bundle, such as the last release")
    .argument("<new>", "the same, after the change")
    .addOption(new Option("--format <name>", "how it is told").choices(["text", "markdown", "json"]).default("text"))
    .option("--json", "print one JSON object, as --format json does")
    .addOption(
      new Option("--fail-on <what>", `exit with 1 if the change does this; repeatable. ${diffFailWords.join(", ")}; gain:pay,delete`)
        .argParser(addFailOn)
        .default([], "nothing"),
    )
    .option("--environment <name>", "the environment that folders are compiled for (default: the one of most servers)")
    .option("--at <time>", "the moment that is asked about (default: now)", readMoment)
    .action(async (before: string, after: string, given: DiffFlags) => {
      const flags = { ...given, json: given.json === true || given.format === "json" };
      process.exitCode = await withWorkbench(terminal, before, flags, (old) =>
        withWorkbench(terminal, after, flags, (now) => diff(terminal, [old, now], flags)),
      );
    });
}

function addFailOn(text: string, before: readonly DiffFailOn[]): readonly DiffFailOn[] {
  const read = readFailOn(text);
  if (!read.ok) throw new InvalidArgumentError(`${read.error}.`);
  return [...before, read.value];
}

type Workbenches = readonly [Parameters<typeof comparePolicies>[0], Parameters<typeof comparePolicies>[1]];

async function diff(terminal: Terminal, [old, now]: Workbenches, flags: DiffFlags): Promise<number> {
  const compared = await comparePolicies(old, now, {
    at: flags.at ?? Date.now(),
    progress: (side) => progressOf(terminal, side),
  });
  const format = flags.json ? "json" : flags.format;
  if (!compared.ok) {
    const { side, failures } = compared.error;
    if (format === "json") terminal.out(JSON.stringify({ ok: false, unusable: { side, failures } }));
    else terminal.err(`${side} cannot be judged; evaluations gave no usable answer:\n${failures.map((one) => `  ${one}`).join("\n")}`);
    return exitCodes.mistake;
  }
  const met = allMet(compared.value, flags.failOn);
  if (format === "json") terminal.out(diffJson(compared.value, met));
  else if (format === "markdown") terminal.out(diffMarkdown(compared.value, met));
  else terminal.out(diffText(compared.value, met, terminal.paint));
  return met.length === 0 ? exitCodes.ok : exitCodes.finding;
}
