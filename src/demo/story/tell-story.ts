import { exitCodes, type Terminal } from "../../cli/terminal.ts";
import { type SetUpOptions, startDemo } from "../set-up/index.ts";
import { steps } from "./steps.ts";
import { Telling } from "./telling.ts";

/**
 * Plays the story against a set-up of its own. The exit code says whether everything went as told; what differs is named.
 * When `stopping` resolves it ends early and tidies up.
 */
export async function tellStory(terminal: Terminal, options: Omit<SetUpOptions, "port">, stopping: Promise<void>): Promise<number> {
  const { paint } = terminal;
  terminal.out(paint.bold("Toolgate, a demonstration"));
  terminal.out(paint.dim("An identity provider, three servers and the gateway start on 127.0.0.1 …"));
  const setUp = await startDemo({ ...options, port: 0 }).catch((error: unknown) => String(error));
  if (typeof setUp === "string") {
    terminal.err(`${paint.red("The demo cannot start.")} ${setUp}`);
    return exitCodes.unavailable;
  }
  const telling = new Telling(setUp, terminal);
  const stopped = new AbortController();
  const early = stopping.then(() => stopped.abort());
  let failed: readonly string[] | undefined;
  try {
    failed = await Promise.race([tellSteps(telling, stopped.signal), early.then(() => undefined)]);
  } finally {
    await telling.close();
    await setUp.stop();
  }
  if (failed === undefined) terminal.err("\nended before its end");
  else if (failed.length > 0) terminal.err(`\n${paint.red("Not as told:")} ${failed.join(", ")}`);
  else terminal.out(`\n${paint.green("Everything went as told,")} and the crm and the log agree.`);
  return failed?.length === 0 ? exitCodes.ok : exitCodes.finding;
}

/** Names of the steps that went otherwise. */
async function tellSteps(telling: Telling, stopped: AbortSignal): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const [at, step] of steps.entries()) {
    telling.page.title(at + 1, step.title);
    const differences = await step.run(telling).catch((error: unknown) => [`found ${String(error)}`]);
    if (stopped.aborted) break;
    for (const difference of differences) telling.page.differs(difference);
    if (differences.length > 0) failed.push(step.name);
  }
  return failed;
}
