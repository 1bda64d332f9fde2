import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import { type Command, Option } from "commander";
import { environment, productVersion } from "../../app/index.ts";
import { checkSources, counted, findOpa, gatherMistakes, type ReportFormat, reportFormats, writeReport } from "../../authoring/index.ts";
import { exitCodes, type Terminal } from "../terminal.ts";
import { patience } from "./progress.ts";

interface CheckFlags {
  readonly format: ReportFormat;
  readonly json?: boolean;
}

export function registerPolicyCheck(policy: Command, terminal: Terminal): void {
  policy
    .command("check")
    .description("say everything that is wrong with tables, policies and cases, and what would happen otherwise (needs OPA)")
    .argument("<policies>", "folder with policy/, catalog/ and cases/")
    .addOption(new Option("--format <name>", "how it is told").choices(reportFormats).default("text"))
    .option("--json", "print one JSON object, as --format json does")
    .action(async (policies: string, flags: CheckFlags) => {
      process.exitCode = await check(terminal, policies, flags);
    });
}

async function check(terminal: Terminal, policiesDir: string, flags: CheckFlags): Promise<number> {
  const opa = await findOpa({ env: environment() });
  if (!opa.ok) {
    terminal.err(opa.error);
    return exitCodes.unavailable;
  }
  if (!existsSync(policiesDir)) {
    terminal.err(`"${policiesDir}": there is no such folder`);
    return exitCodes.unavailable;
  }
  const mistakes = gatherMistakes();
  const format = flags.json === true ? "json" : flags.format;
  // OPA reads one file a process.
  const done = format === "text" ? patience(terminal, "checking …") : () => {};
  const { facts, cases, notes } = await checkSources(opa.value, policiesDir, mistakes).finally(done);
  const summary = `${counted(facts.packages.length, "package")} and ${counted(cases.length, "golden case")} checked`;
  const folder = fromHere(policiesDir);
  const report = { folder, mistakes: mistakes.all, notes, summary, version: productVersion() };
  const written = writeReport(format, report, { colour: terminal.colour });
  if (written.err !== "") terminal.err(written.err);
  if (written.out !== "") terminal.out(written.out);
  return mistakes.all.length === 0 ? exitCodes.ok : exitCodes.mistake;
}

/** As it is named from the working folder, where it lies below it: a pull request knows files by such names only. */
function fromHere(folder: string): string {
  const path = relative(process.cwd(), folder);
  return path.startsWith("..") ? resolve(folder) : path;
}
