import { CommanderError } from "commander";
import { OpaFailed } from "../authoring/index.ts";
import { listening, wantsJson } from "./answers.ts";
import { createProgram } from "./program.ts";
import { quitAtSignals } from "./signals.ts";
import { systemRefusal } from "./system-error.ts";
import { exitCodes, systemTerminal } from "./terminal.ts";

const { terminal, answer } = listening(systemTerminal());
quitAtSignals();

const program = createProgram(terminal);

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
