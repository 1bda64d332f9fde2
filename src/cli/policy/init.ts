import type { Command } from "commander";
import { productVersion } from "../../app/index.ts";
import { type Initialised, initRepository, type NotInitialised } from "../../authoring/index.ts";
import { exitCodes, type Terminal, table } from "../terminal.ts";

interface InitFlags {
  readonly name?: string;
  readonly environment: string;
  readonly json?: boolean;
}

export function registerPolicyInit(policy: Command, terminal: Terminal): void {
  policy
    .command("init")
    .description("write a policy repository that checks, tests and builds as it is: tables, a rule, tests, cases, CI")
    .argument("<folder>", "an empty folder, or one to make")
    .option("--name <name>", "the bundle's name (default: that of the folder)")
    .option("--environment <name>", "the environment it is for", "dev")
    .option("--json", "print one JSON object")
    .action(async (folder: string, flags: InitFlags) => {
      process.exitCode = await init(terminal, folder, flags);
    });
}

async function init(terminal: Terminal, folder: string, flags: InitFlags): Promise<number> {
  const made = await initRepository({
    folder,
    environment: flags.environment,
    version: productVersion(),
    now: Date.now(),
    ...(flags.name !== undefined && { name: flags.name }),
  });
  if (!made.ok) return tellRefusal(terminal, folder, made.error, flags);
  if (flags.json === true) terminal.out(JSON.stringify({ ok: true, folder, ...made.value }));
  else tellMade(terminal, folder, made.value);
  return exitCodes.ok;
}

function tellRefusal(terminal: Terminal, folder: string, refusal: NotInitialised, flags: InitFlags): number {
  if (flags.json === true) terminal.out(JSON.stringify({ ok: false, folder, ...refusal }));
  else if (refusal.kind === "not_empty") {
    terminal.err(`"${folder}" is not empty; nothing was written. In the way:`);
    terminal.err(table(refusal.entries.map((entry) => [entry])));
  } else terminal.err(refusal.detail);
  return refusal.kind === "name" ? exitCodes.usage : exitCodes.unavailable;
}

function tellMade({ out, paint }: Terminal, folder: string, { name, environment, files }: Initialised): void {
  out(`Wrote the policy repository ${name} for the environment ${environment}:`);
  out(table(files.map((file) => [paint.dim(file)])));
  out("Next:");
  out(`  cd ${folder}`);
  out("  toolgate policy check policies");
  out("  toolgate policy test policies");
  out("README.md has the rest, to a signed bundle in a running gateway.");
}
