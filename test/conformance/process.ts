import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface ReadyProcess {
  /** Its ready line. */
  readonly ready: Readonly<Record<string, unknown>>;
  stop(): Promise<void>;
}

/** Starts a module of ours and waits for the JSON line that says it is ready. What else it says is told if it is not. */
export function startProcess(args: readonly string[]): Promise<ReadyProcess> {
  return startProgram([process.execPath, "--disable-warning=ExperimentalWarning", ...args]);
}

/** The same for any program that says so in that way. */
export async function startProgram([file = "", ...args]: readonly string[]): Promise<ReadyProcess> {
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], env: {} });
  const said: string[] = [];
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  createInterface({ input: child.stderr }).on("line", (line) => said.push(line));
  const ready = await new Promise<Readonly<Record<string, unknown>>>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.includes('"ready":true')) resolve(JSON.parse(line) as Readonly<Record<string, unknown>>);
      else said.push(line);
    });
    ended.then(() => reject(new Error(`${[file, ...args].join(" ")} ended before it was ready:\n${said.join("\n")}`)));
  });
  return {
    ready,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
