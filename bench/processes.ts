import { type ChildProcess, fork, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A process of the bench. What is started here is ended here, also when the bench is interrupted. */
export interface Running {
  readonly name: string;
  readonly pid: number;
  readonly url: string;
  /** Where operators reach it, if they do. */
  readonly admin?: string;
  /** Sends a message and waits for the one that answers it. */
  ask<Answer>(message: object): Promise<Answer>;
  /** Ends it gently, by force after a while. Resolves with its exit code. */
  stop(): Promise<number | null>;
}

const READY_MS = 30_000;
const STOP_MS = 20_000;

const alive = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});

/** Starts one of the bench's own modules, which tells by message that it is ready. */
export async function startModule(name: string, args: readonly string[] = []): Promise<Running> {
  const child = fork(join(import.meta.dirname, `${name}.ts`), [...args], {
    execArgv: ["--disable-warning=ExperimentalWarning"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const ended = watch(child);
  const ready = await within(name, nextMessage<{ readonly url?: string }>(child), ended);
  return running(name, child, ready.url ?? "", ended);
}

/** Starts a program of this Node that prints a JSON line when it is ready. */
export async function startProgram(name: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<Running> {
  const child = spawn(process.execPath, [...args], { env: { ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const ended = watch(child);
  const said: string[] = [];
  child.stderr.setEncoding("utf8").on("data", (text: string) => said.push(text));
  const line = new Promise<string>((resolve) => createInterface({ input: child.stdout }).on("line", resolve));
  const ready = JSON.parse(await within(name, line, ended, () => said.join(""))) as {
    readonly url: string;
    readonly admin?: string;
  };
  child.stderr.on("data", (text: string) => process.stderr.write(`${name}: ${text}`));
  return { ...running(name, child, ready.url, ended), ...(ready.admin === undefined ? {} : { admin: ready.admin }) };
}

function watch(child: ChildProcess): Promise<number | null> {
  alive.add(child);
  return new Promise((resolve) => {
    child.once("exit", (code) => {
      alive.delete(child);
      resolve(code);
    });
    child.once("error", () => resolve(null));
  });
}

async function within<T>(name: string, ready: Promise<T>, ended: Promise<number | null>, said: () => string = () => ""): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name} was not ready within ${READY_MS / 1000} s ${said()}`)), READY_MS);
  });
  const gone = ended.then((code) => Promise.reject(new Error(`${name} ended with ${code} before it was ready ${said()}`)));
  try {
    return await Promise.race([ready, gone, late]);
  } finally {
    clearTimeout(timer);
  }
}

function nextMessage<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve) => child.once("message", (message) => resolve(message as T)));
}

function running(name: string, child: ChildProcess, url: string, ended: Promise<number | null>): Running {
  return {
    name,
    pid: child.pid ?? 0,
    url,
    ask<Answer>(message: object) {
      const answer = nextMessage<Answer>(child);
      child.send(message);
      return Promise.race([answer, ended.then((code) => Promise.reject(new Error(`${name} ended with ${code}`)))]);
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      const killer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      const code = await ended;
      clearTimeout(killer);
      return code;
    },
  };
}

/** Linux counts CPU time in hundredths of a second whatever the kernel's own clock is. */
const TICKS_PER_S = 100;
const MICROSECONDS = 1_000_000;

/** CPU time of all threads of a process so far, user and system, in microseconds. */
export function cpuMicroseconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // The name of the program, in parentheses, may hold spaces.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_S) * MICROSECONDS;
}

export function residentMegabytes(pid: number): number {
  const found = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1];
  return Number(found ?? 0) / 1024;
}
