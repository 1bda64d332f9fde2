import { runCommandLine } from "./run-command-line.ts";
import { quitAtSignals } from "./signals.ts";
import { systemTerminal } from "./terminal.ts";

quitAtSignals();
await runCommandLine(process.argv.slice(2), systemTerminal());
