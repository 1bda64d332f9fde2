import { exitCodes, type Terminal } from "../../cli/terminal.ts";
import { type SetUpOptions, startDemo } from "../set-up/index.ts";
import { steps } from "./steps.ts";
import { Telling } from "./telling.ts";

/** Plays the story against a set-up of its own. The exit code says whether everything went as told; what differs is named. */
export async function tellStory(terminal: Terminal, options: Omit<SetUpOptions, "port">): Promise<number> {
  const { paint } = terminal;
  terminal.out(
    `${paint.bold("Toolgate, a demonstration")}\n${paint.dim("starting an identity provider, three servers and the gateway on 127.0.0.1 …")}`,
  );
  const setUp = await startDemo({ ...options, port: 0 });
  const telling = new Telling(setUp, terminal);
  const failed: string[] = [];
  try {
    for (const [at, step] of steps.entries()) {
      terminal.out(`\n${paint.dim(String(at + 1).padStart(2))} ${paint.bold(step.title)}`);
      telling.step = step.name;
      const differences = await step.run(telling);
      for (const difference of differences) telling.line(paint.red(`differs  ${difference}`));
      if (differences.length > 0) failed.push(step.name);
    }
  } finally {
    await telling.close();
    await setUp.stop();
  }
  if (failed.length === 0) terminal.out(`\n${paint.green("Everything went as told,")} and the servers and the log agree.`);
  else terminal.err(`\n${paint.red("Not as told:")} ${failed.join(", ")}`);
  return failed.length === 0 ? exitCodes.ok : exitCodes.finding;
}
