import { type Argument, Command, CommanderError } from "commander";
import { productVersion } from "../app/index.ts";
import { OpaFailed } from "../authoring/index.ts";
import { listening, wantsJson } from "./answers.ts";
import { registerBundle } from "./bundle/index.ts";
import { registerCatalog } from "./catalog.ts";
import { registerCheck } from "./check.ts";
import { registerDemo } from "./demo.ts";
import { registerDev } from "./dev/index.ts";
import { registerExplain } from "./explain.ts";
import { registerImpact } from "./impact.ts";
import { registerLog } from "./log.ts";
import { registerPolicy } from "./policy/index.ts";
import { registerQuarantine } from "./quarantine/index.ts";
import { registerReplay } from "./replay.ts";
import { registerRollout } from "./rollout/index.ts";
import { registerServe } from "./serve.ts";
import { quitAtSignals } from "./signals.ts";
import { systemRefusal } from "./system-error.ts";
import { exitCodes, systemTerminal } from "./terminal.ts";
import { registerVersion } from "./version.ts";

const { terminal, answer } = listening(systemTerminal());
quitAtSignals();

const program = new Command("toolgate")
  .description("A policy-as-code gateway for the Model Context Protocol.")
  .version(productVersion(), "-V, --version", "print the version")
  .showHelpAfterError("(toolgate <command> --help tells what a command takes)")
  .configureHelp({
    sortSubcommands: false,
    showGlobalOptions: false,
    // Without "[options]", so that what a command does has room beside its name.
    subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(argumentTerm)].join(" "),
  })
  .addHelpText(
    "after",
    `
Start here:
  toolgate demo                           agents, servers and policy, here
  toolgate check --config toolgate.yaml   what a configuration gets wrong
  toolgate serve --config toolgate.yaml   the gateway
  toolgate policy init acme               a policy repository of your own

Exit codes:
  0 done   1 what was checked does not hold   2 wrong command line
  65 a mistake in the input   69 something is missing or broken   70 a bug
  130 ended by Ctrl-C, 143 by another signal to end: 128 and its number`,
  )
  .configureOutput({ writeErr: (text) => terminal.err(text.trimEnd()) })
  .exitOverride();

registerServe(program, terminal);
registerDemo(program, terminal);
registerCheck(program, terminal);
registerPolicy(program, terminal);
registerDev(program, terminal);
registerBundle(program, terminal);
registerCatalog(program, terminal);
registerRollout(program, terminal);
registerQuarantine(program, terminal);
registerLog(program, terminal);
registerReplay(program, terminal);
registerImpact(program, terminal);
registerExplain(program, terminal);
registerVersion(program, terminal);

function argumentTerm(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  } else if (error instanceof OpaFailed) {
    terminal.err(error.message);
    process.exitCode = exitCodes.unavailable;
  } else if (systemRefusal(error) !== undefined) {
    terminal.err(`cannot go on: ${systemRefusal(error)}`);
    process.exitCode = exitCodes.unavailable;
  } else {
    terminal.err(terminal.paint.red("toolgate failed unexpectedly."));
    terminal.err(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exitCode = exitCodes.bug;
    if (wantsJson(process.argv)) answer(exitCodes.bug, String(error));
  }
}
if (wantsJson(process.argv)) answer(Number(process.exitCode ?? 0));
