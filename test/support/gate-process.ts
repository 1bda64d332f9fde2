import { type ChildProcess, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { configSchema, type Started, start } from "../../src/app/index.ts";
import { randomIds } from "../../src/core/ids.ts";
import { type Clock, systemClock } from "../../src/platform/clock.ts";
import type { Logger } from "../../src/platform/logger.ts";

/** One line of the operational log, as pino writes it. */
export interface LogLine {
  readonly msg: string;
  readonly [member: string]: unknown;
}

export interface RunningProcess {
  readonly url: string;
  /** Where its admin API listens, if it does. */
  readonly adminUrl: string | undefined;
  readonly pid: number;
  readonly started?: Started;
  readonly ended: Promise<number | NodeJS.Signals>;
  /** The first line that fits, be it one from before. */
  logged(fits: (line: LogLine) => boolean): Promise<LogLine>;
  /** The next line that fits. */
  next(fits: (line: LogLine) => boolean): Promise<LogLine>;
  signal(name: NodeJS.Signals): void;
  stop(): Promise<void>;
}

/** Keeps what was logged, and wakes who waits for a line. */
class Journal {
  readonly #lines: LogLine[] = [];
  readonly #waiting = new Set<{ fits: (line: LogLine) => boolean; resolve: (line: LogLine) => void }>();

  add(line: LogLine): void {
    this.#lines.push(line);
    for (const waiter of this.#waiting) {
      if (!waiter.fits(line)) continue;
      this.#waiting.delete(waiter);
      waiter.resolve(line);
    }
  }

  next(fits: (line: LogLine) => boolean): Promise<LogLine> {
    return new Promise((resolve) => this.#waiting.add({ fits, resolve }));
  }

  logged(fits: (line: LogLine) => boolean): Promise<LogLine> {
    const known = this.#lines.find(fits);
    return known === undefined ? this.next(fits) : Promise.resolve(known);
  }

  /** What a failed start has to say. */
  text(): string {
    return this.#lines.map((line) => JSON.stringify(line)).join("\n");
  }
}

export async function startInProcess(
  config: Readonly<Record<string, unknown>>,
  options: { readonly clock?: Clock; readonly environment?: Readonly<Record<string, string>> },
): Promise<RunningProcess> {
  const journal = new Journal();
  const write = (fields: Readonly<Record<string, unknown>>, msg: string) => journal.add({ ...fields, msg });
  const logger: Logger = { debug: () => {}, info: write, warn: write, error: write };
  const started = await start(configSchema.parse(config), {
    clock: options.clock ?? systemClock,
    ids: randomIds(),
    logger,
    environment: options.environment ?? {},
    version: "0.0.0-test",
  });
  if (!started.ok) throw new Error(started.error.detail);
  const { promise, resolve } = Promise.withResolvers<number>();
  return {
    url: started.value.url,
    adminUrl: started.value.adminUrl,
    pid: process.pid,
    started: started.value,
    ended: promise,
    logged: (fits) => journal.logged(fits),
    next: (fits) => journal.next(fits),
    signal: () => {
      throw new Error("the gate runs in the process of the test");
    },
    stop: async () => {
      await started.value.stop();
      resolve(0);
    },
  };
}

const main = new URL("../../src/cli/main.ts", import.meta.url).pathname;

/** `toolgate serve` in a process of its own. `before` is shell that runs in it first. */
export async function startChild(
  folder: string,
  config: Readonly<Record<string, unknown>>,
  before: string,
  environment: Readonly<Record<string, string>>,
): Promise<RunningProcess> {
  const file = join(folder, "toolgate.yaml");
  await writeFile(file, JSON.stringify(config));
  const command = `${before}${before === "" ? "" : "; "}exec "$0" "$@"`;
  const args = [process.execPath, main, "serve", "--json", "--config", file];
  const env = { PATH: process.env.PATH ?? "", ...environment };
  const child = spawn("bash", ["-c", command, ...args], { stdio: ["ignore", "pipe", "pipe"], env });
  const endWithUs = (): void => void child.kill("SIGKILL");
  process.once("exit", endWithUs);
  const journal = new Journal();
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once("close", (code, signal) => {
      process.off("exit", endWithUs);
      resolve(code ?? signal ?? 1);
    });
  });
  createInterface({ input: child.stderr }).on("line", (line) => journal.add(asLine(line)));
  const { url, adminUrl } = await ready(child, journal, ended);
  return {
    url,
    adminUrl,
    pid: child.pid ?? 0,
    ended,
    logged: (fits) => journal.logged(fits),
    next: (fits) => journal.next(fits),
    signal: (name) => void child.kill(name),
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

function asLine(text: string): LogLine {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && "msg" in value) return value as LogLine;
  } catch {
    // A line that is not pino's, e.g. of Node itself.
  }
  return { msg: text };
}

function ready(
  child: ChildProcess,
  journal: Journal,
  ended: Promise<number | NodeJS.Signals>,
): Promise<Pick<RunningProcess, "url" | "adminUrl">> {
  return new Promise((resolve, reject) => {
    void ended.then((code) => reject(new Error(`the gate ended with ${code} before it listened:\n${journal.text()}`)));
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on("line", (line) => {
      const said = JSON.parse(line) as { ready?: boolean; url?: string; admin?: string };
      if (said.ready === true && said.url !== undefined) resolve({ url: said.url, adminUrl: said.admin });
    });
  });
}
