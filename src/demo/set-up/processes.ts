import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** A process of the demo that said it is ready. */
export interface DemoProcess {
  readonly name: string;
  readonly pid: number;
  /** Its ready line. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** Sends a signal and waits for the JSON line that answers it. */
  signal(name: NodeJS.Signals): Promise<Readonly<Record<string, unknown>>>;
  /** Resolves when it has ended, by itself or by `stop`. */
  readonly ended: Promise<number | null>;
  stop(): Promise<void>;
}

export interface Start {
  readonly name: string;
  /** Arguments of Node: the module and what follows it. */
  readonly args: readonly string[];
  readonly cwd: string;
  /** All variables that the process gets besides PATH. */
  readonly env: Readonly<Record<string, string>>;
  readonly onLog: (name: string, line: string) => void;
}

const READY_MS = 30_000;
const KILL_AFTER_MS = 5_000;

/**
 * Starts a process of this Node and waits for the JSON line that says it is ready. It has a channel to us, by which it
 * notices if we are killed, and a process group of its own, so that Ctrl-C reaches us alone and we end things in order.
 */
export async function startProcess(start: Start): Promise<DemoProcess> {
  const child = spawn(process.execPath, [...start.args], {
    cwd: start.cwd,
    env: { ...start.env },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    detached: process.platform !== "win32",
  });
  const lines = jsonLines(child, start);
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGTERM");
    const killer = setTimeout(() => child.kill("SIGKILL"), KILL_AFTER_MS);
    await ended;
    clearTimeout(killer);
  };
  try {
    const ready = await Promise.race([
      lines.next((line) => line.ready === true),
      ended.then((code) => Promise.reject(new Error(`${start.name} ended with ${code} before it was ready:\n${lines.recent()}`))),
      after(READY_MS, () => new Error(`${start.name} was not ready within ${READY_MS / 1000} s:\n${lines.recent()}`)),
    ]);
    return { name: start.name, pid: child.pid ?? 0, ready, ended, stop, signal: (name) => signal(child, lines, name) };
  } catch (error) {
    await stop();
    throw error;
  }
}

function signal(child: ChildProcess, lines: ReturnType<typeof jsonLines>, name: NodeJS.Signals): Promise<Line> {
  const answered = lines.next(() => true);
  child.kill(name);
  return answered;
}

type Line = Readonly<Record<string, unknown>>;

/** JSON lines of standard output for whoever waits for one; everything else goes to the log. */
function jsonLines(child: ChildProcess, start: Start) {
  const waiting: { readonly wanted: (line: Line) => boolean; readonly resolve: (line: Line) => void }[] = [];
  const recent: string[] = [];
  const note = (text: string) => {
    recent.push(text);
    if (recent.length > 20) recent.shift();
    start.onLog(start.name, text);
  };
  if (child.stderr) createInterface({ input: child.stderr }).on("line", note);
  if (child.stdout) {
    createInterface({ input: child.stdout }).on("line", (text) => {
      const line = parsed(text);
      const at = line === undefined ? -1 : waiting.findIndex(({ wanted }) => wanted(line));
      if (line === undefined || at === -1) note(text);
      else waiting.splice(at, 1)[0]?.resolve(line);
    });
  }
  return {
    next: (wanted: (line: Line) => boolean) => new Promise<Line>((resolve) => waiting.push({ wanted, resolve })),
    /** What it said last; sentences for people, if there are any, rather than lines for a log collector. */
    recent: () => {
      const sentences = recent.filter((line) => !line.startsWith("{"));
      return (sentences.length > 0 ? sentences : recent).join("\n");
    },
  };
}

function parsed(text: string): Line | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text) as Line;
  } catch {
    return undefined;
  }
}

function after(ms: number, error: () => Error): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => reject(error()), ms).unref();
  });
}
