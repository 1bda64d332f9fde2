import { isUtf8 } from "node:buffer";
import { type ChildProcess, spawn } from "node:child_process";

export interface ChildOptions {
  /** Absolute path: nothing is looked up in PATH. */
  readonly executable: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** A longer line is dropped; only its two ends are told. */
  readonly maxLineBytes: number;
  readonly onLine: (line: string, bytes: number) => void;
  readonly onLongLine: (head: string, tail: string) => void;
  /** Lines of stderr, cut at 2 000 signs. */
  readonly onError: (line: string) => void;
  /** Once, whether it could be started or not. */
  readonly onExit: (detail: string) => void;
}

/** A process that speaks in lines. It gets an empty environment, no shell, and a process group of its own. */
export interface Child {
  readonly pid: number | undefined;
  /** Bytes that the process has not taken yet. */
  readonly waiting: number;
  writeLine(line: string): void;
  /** Ends its input and asks it to end; after the grace it is ended, with everything that it started. */
  stop(graceMs: number): Promise<void>;
}

const END_BYTES = 512;
const ERROR_LINE_BYTES = 2_000;

const running = new Set<ChildProcess>();
let watching = false;

export function startChild(options: ChildOptions): Child {
  const child: ChildProcess = spawn(options.executable, options.args, {
    cwd: options.cwd,
    env: {},
    shell: false,
    stdio: ["pipe", "pipe", "pipe"],
    windowsHide: true,
    // A group of its own: what the server starts ends with it, and Ctrl-C in a terminal reaches the gateway alone,
    // which then lets calls finish.
    detached: process.platform !== "win32",
  });
  remember(child);
  const lines = new Lines(options.maxLineBytes, options.onLine, options.onLongLine);
  const errors = new Lines(ERROR_LINE_BYTES, options.onError, options.onError);
  // A system that is out of handles gives a process without streams, and an error right after.
  child.stdout?.on("data", (chunk: Buffer) => lines.feed(chunk));
  child.stderr?.on("data", (chunk: Buffer) => errors.feed(chunk));
  // A process that ends while we write to it: its exit is what counts.
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.on("error", () => {});
  const exited = new Promise<void>((resolve) => {
    const once = (detail: string) => {
      running.delete(child);
      resolve();
      options.onExit(detail);
    };
    child.once("error", (error) => {
      if (child.pid === undefined) once(`could not be started: ${error.message}`);
    });
    // What it started must not outlive it, nor keep its pipes open.
    child.once("exit", () => signal(child, "SIGKILL"));
    child.once("close", (code, by) => {
      if (child.pid !== undefined) once(by === null ? `ended with code ${code}` : `ended by ${by}`);
    });
  });
  return {
    pid: child.pid,
    get waiting() {
      return child.stdin?.writableLength ?? 0;
    },
    writeLine(line) {
      if (child.stdin?.writable === true) child.stdin.write(`${line}\n`);
    },
    async stop(graceMs) {
      child.stdin?.end();
      signal(child, "SIGTERM");
      const timer = setTimeout(() => {
        signal(child, "SIGKILL");
        // A grandchild in another group may hold the pipes open; nobody waits for it.
        for (const stream of [child.stdout, child.stderr]) stream?.destroy();
      }, graceMs);
      await exited;
      clearTimeout(timer);
    },
  };
}

/** If the gateway ends in a way that closes nothing, the processes end with it. */
function remember(child: ChildProcess): void {
  if (child.pid === undefined) return;
  running.add(child);
  if (watching) return;
  watching = true;
  process.on("exit", () => {
    for (const one of running) signal(one, "SIGKILL");
  });
}

function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === "win32") child.kill(name);
    else process.kill(-child.pid, name);
  } catch {
    // Already gone.
  }
}

/** Cuts a stream of bytes into lines of bounded length. */
class Lines {
  readonly #max: number;
  readonly #onLine: (line: string, bytes: number) => void;
  readonly #onLongLine: (head: string, tail: string) => void;
  #parts: Buffer[] = [];
  #length = 0;
  #long: { readonly head: string; tail: Buffer } | undefined;

  constructor(max: number, onLine: (line: string, bytes: number) => void, onLongLine: (head: string, tail: string) => void) {
    this.#max = max;
    this.#onLine = onLine;
    this.#onLongLine = onLongLine;
  }

  feed(chunk: Buffer): void {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(10, from);
      if (end < 0) break;
      this.#add(chunk.subarray(from, end));
      this.#finish();
      from = end + 1;
    }
    if (from < chunk.length) this.#add(chunk.subarray(from));
  }

  #add(part: Buffer): void {
    if (this.#long !== undefined) {
      this.#long.tail = Buffer.concat([this.#long.tail, part.subarray(-END_BYTES)]).subarray(-END_BYTES);
      return;
    }
    this.#parts.push(part);
    this.#length += part.length;
    if (this.#length <= this.#max) return;
    const all = Buffer.concat(this.#parts);
    this.#long = { head: all.toString("utf8", 0, END_BYTES), tail: all.subarray(-END_BYTES) };
    this.#parts = [];
    this.#length = 0;
  }

  #finish(): void {
    const long = this.#long;
    if (long !== undefined) {
      this.#long = undefined;
      this.#onLongLine(long.head, long.tail.toString("utf8"));
      return;
    }
    const first = this.#parts[0];
    const line = first !== undefined && this.#parts.length === 1 ? first : Buffer.concat(this.#parts);
    const bytes = this.#length;
    this.#parts = [];
    this.#length = 0;
    // Replacement signs would let two different answers look alike; such a line is no message.
    if (bytes > 0 && isUtf8(line)) this.#onLine(line.toString("utf8"), bytes);
  }
}
