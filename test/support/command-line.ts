import { createColors } from "picocolors";
import { runCommandLine } from "../../src/cli/run-command-line.ts";
import { shownText } from "../../src/cli/shown-text.ts";
import type { Ended, Settings } from "../e2e/command.ts";

/**
 * `toolgate` within this process: the same words, files and exit code as from the launcher, without the second that a
 * process takes to start. For commands that end by themselves; one after the other, because folder and environment are the
 * process's own. What only a process shows (the launcher, signals, pipes, a limit of the system) wants `toolgate` of
 * test/e2e/command.ts.
 */
export async function toolgateHere(args: readonly string[], { cwd, env = process.env }: Omit<Settings, "input"> = {}): Promise<Ended> {
  const before = { cwd: process.cwd(), env: process.env, exitCode: process.exitCode };
  let [out, err] = ["", ""];
  const paint = createColors(false);
  try {
    if (cwd !== undefined) process.chdir(cwd);
    process.env = { ...env, NO_COLOR: "1" };
    process.exitCode = undefined;
    await runCommandLine(args, {
      out: (text) => {
        out += `${shownText(text, false)}\n`;
      },
      err: (text) => {
        err += `${shownText(text, false)}\n`;
      },
      paint,
      colour: false,
      closed: new AbortController().signal,
    });
    return { code: Number(process.exitCode ?? 0), out, err };
  } finally {
    process.chdir(before.cwd);
    process.env = before.env;
    process.exitCode = before.exitCode;
  }
}
