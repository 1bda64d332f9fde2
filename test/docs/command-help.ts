import type { Command } from "commander";
import { createProgram } from "../../src/cli/program.ts";
import { systemTerminal } from "../../src/cli/terminal.ts";

/** What a command takes where no terminal tells its width. */
const HELP_WIDTH = 80;

export interface NamedCommand {
  /** As it is typed, e.g. `toolgate policy check`. */
  readonly name: string;
  readonly help: string;
}

/** Every command with the help that it prints, in the order in which the program lists them. */
export function everyCommand(): readonly NamedCommand[] {
  return below(createProgram(systemTerminal()), "toolgate");
}

function below(command: Command, name: string): readonly NamedCommand[] {
  return [{ name, help: helpOf(command) }, ...command.commands.flatMap((child) => below(child, `${name} ${child.name()}`))];
}

/** With the examples behind it, which `helpInformation` leaves out. */
function helpOf(command: Command): string {
  let help = "";
  command.configureOutput({
    getOutHelpWidth: () => HELP_WIDTH,
    getOutHasColors: () => false,
    writeOut: (text) => {
      help += text;
    },
  });
  command.outputHelp();
  return help;
}
