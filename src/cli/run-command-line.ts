import { CommanderError } from "commander";
import { OpaFailed } from "../authoring/index.ts";
import { listening, wantsJson } from "./answers.ts";
import { createProgram } from "./program.ts";
import { systemRefusal } from "./system-error.ts";
import { exitCodes, type Terminal } from "./terminal.ts";

/** Runs one command to its end, and tells on the terminal what went wrong. What it ends with is `process.exitCode`. */
export async function runCommandLine(args: readonly string[], outside: Terminal): Promise<void> {
  const { terminal, answer } = listening(outside);
  try {
    await createProgram(terminal).parseAsync(args, { from: "user" });
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
      if (wantsJson(args)) answer(exitCodes.bug, String(error));
    }
  }
  if (wantsJson(args)) answer(Number(process.exitCode ?? exitCodes.ok));
}
