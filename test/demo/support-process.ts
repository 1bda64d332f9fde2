import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

export interface TestProcess {
  /** The next line of its stdout, as JSON. */
  line(): Promise<unknown>;
  kill(signal: NodeJS.Signals): void;
  readonly exited: Promise<number | null>;
  errors(): string;
}

/** Runs a module of the sources on this Node, with an environment of its own. */
export function startProcess(module: string, args: readonly string[], env: Record<string, string> = {}): TestProcess {
  const child: ChildProcess = spawn(process.execPath, [module, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  let errors = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    errors += chunk.toString();
  });
  return {
    line: async () => {
      const next = await lines.next();
      if (next.done) throw new Error(`the process ended: ${errors}`);
      return JSON.parse(next.value) as unknown;
    },
    kill: (signal) => void child.kill(signal),
    exited: new Promise((resolve) => child.once("exit", resolve)),
    errors: () => errors,
  };
}
