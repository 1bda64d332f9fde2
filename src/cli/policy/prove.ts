import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import {
  invariantHolds,
  meantBelow,
  type ProofFormat,
  proofFormats,
  provePolicies,
  readInvariants,
  type Workbench,
  writeProof,
} from "../../authoring/index.ts";
import { formatMistakes, type Mistake } from "../../core/mistakes.ts";
import { systemRefusal } from "../system-error.ts";
import { exitCodes, type Terminal } from "../terminal.ts";
import { readMoment } from "./moment.ts";
import { withWorkbench } from "./open-workbench.ts";
import { progressOf } from "./progress.ts";

interface ProveFlags {
  readonly format: ProofFormat;
  readonly json?: boolean;
  readonly environment?: string;
  readonly at?: number;
  readonly groupSets?: number;
}

export function registerPolicyProve(policy: Command, terminal: Terminal): void {
  policy
    .command("prove")
    .description("check invariants over all agents, groups and targets; what does not hold is told with a counter-example")
    .argument("<policies>", "a policy folder or a bundle")
    .argument("[invariants]", "a file of invariants (default: invariants.yaml in the policy folder)")
    .addOption(
      new Option("--format <name>", "how it is told; cases prints counter-examples as golden cases").choices(proofFormats).default("text"),
    )
    .option("--json", "print one JSON object with the whole input of each counter-example, as --format json does")
    .option("--environment <name>", "the environment that a folder is compiled for (default: the one of most servers)")
    .option("--at <time>", "the moment that is tried first (default: now)", readMoment)
    .option("--group-sets <count>", "how many combinations of groups users are tried with, at most (default: what is quick)", readCount)
    .action(async (policies: string, invariants: string | undefined, given: ProveFlags) => {
      const flags = { ...given, json: given.json === true || given.format === "json" };
      process.exitCode = await prove(terminal, policies, invariants ?? join(policies, "invariants.yaml"), flags);
    });
}

function readCount(text: string): number {
  const count = Number(text);
  if (!/^[1-9][0-9]{0,6}$/.test(text)) throw new InvalidArgumentError(`"${text}" is no whole number from 1 to 9999999.`);
  return count;
}

async function prove(terminal: Terminal, policies: string, file: string, flags: ProveFlags & { readonly json: boolean }): Promise<number> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => error);
  if (typeof text !== "string") {
    const meant = await meantBelow(policies);
    const detail = `${systemRefusal(text) ?? text.message}${meant === undefined ? "" : `; ${meant}`}`;
    if (flags.json) terminal.out(JSON.stringify({ ok: false, unavailable: detail }));
    else terminal.err(detail);
    return exitCodes.unavailable;
  }
  const read = readInvariants(file, text);
  if (!read.ok) return tellMistakes(terminal, read.error, flags.json);
  return withWorkbench(terminal, policies, flags, (workbench) => proveWith(terminal, workbench, read.value, flags));
}

type Read = Parameters<typeof provePolicies>[1];

async function proveWith(
  terminal: Terminal,
  workbench: Workbench,
  read: Read,
  flags: ProveFlags & { readonly json: boolean },
): Promise<number> {
  const proof = await provePolicies(workbench, read, {
    at: flags.at ?? Date.now(),
    progress: progressOf(terminal, workbench.source),
    ...(flags.groupSets !== undefined && { groupSets: flags.groupSets }),
  });
  if (!proof.ok) {
    if (proof.error.kind === "mistakes") return tellMistakes(terminal, proof.error.mistakes, flags.json);
    const { failures } = proof.error;
    if (flags.json) terminal.out(JSON.stringify({ ok: false, failures }));
    else terminal.err(`nothing is proven; evaluations gave no usable answer:\n${failures.map((one) => `  ${one}`).join("\n")}`);
    return exitCodes.mistake;
  }
  terminal.out(writeProof(flags.json ? "json" : flags.format, proof.value, terminal.paint));
  return proof.value.verdicts.every(invariantHolds) ? exitCodes.ok : exitCodes.finding;
}

function tellMistakes(terminal: Terminal, mistakes: readonly Mistake[], json: boolean): number {
  if (json) terminal.out(JSON.stringify({ ok: false, mistakes }));
  else terminal.err(formatMistakes(mistakes, { colour: terminal.colour }));
  return exitCodes.mistake;
}
