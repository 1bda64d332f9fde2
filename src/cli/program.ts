import { type Argument, Command } from "commander";
import { productVersion } from "../app/index.ts";
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
import type { Terminal } from "./terminal.ts";
import { registerVersion } from "./version.ts";

type Register = (program: Command, terminal: Terminal) => void;

/** The commands, as a person looks for them. */
const groups: readonly (readonly [string, readonly Register[]])[] = [
  ["Try it and run it:", [registerDemo, registerCheck, registerServe]],
  ["Write policies:", [registerPolicy, registerDev]],
  ["Approve and ship:", [registerCatalog, registerBundle]],
  ["Operate a running gateway:", [registerRollout, registerQuarantine]],
  ["Understand decisions:", [registerLog, registerExplain, registerReplay, registerImpact]],
  ["About:", [registerVersion]],
];

/** All of `toolgate`. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command("toolgate")
    .description("A policy-as-code gateway for the Model Context Protocol.")
    .version(productVersion(), "-V, --version", "print the version")
    .showHelpAfterError("(toolgate <command> --help tells what a command takes)")
    .configureHelp({
      sortSubcommands: false,
      showGlobalOptions: false,
      // Without "[options]", so that what a command does has room beside its name; in the list of all without arguments, too.
      subcommandTerm: (command) =>
        command.parent?.parent ? [command.name(), ...command.registeredArguments.map(argumentTerm)].join(" ") : command.name(),
    })
    .addHelpText("after", epilogue)
    .configureOutput({ writeErr: (text) => terminal.err(text.trimEnd()) })
    .exitOverride();
  for (const [heading, registers] of groups) {
    program.commandsGroup(heading);
    for (const register of registers) register(program, terminal);
  }
  return program.helpCommand("help [command]", "what a command takes");
}

function argumentTerm(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

const epilogue = `
Start here:
  toolgate demo                           agents, servers and policy, here
  toolgate check --config toolgate.yaml   what a configuration gets wrong
  toolgate serve --config toolgate.yaml   the gateway
  toolgate policy init acme               a policy repository of your own

Exit codes:
  0 done   1 what was checked does not hold   2 wrong command line
  65 a mistake in the input   69 something is missing or broken   70 a bug
  130 ended by Ctrl-C, 143 by another signal to end: 128 and its number`;
