import type { ChildProcess } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { exitOf, run, start } from "../e2e/command.ts";
import { type Block, literally } from "./blocks.ts";

/** A command that a page runs, and what came of it, both streams together as a terminal shows them. */
export interface Ran {
  readonly code: number | null;
  readonly said: string;
}

/**
 * Follows a page as a reader does, who types what it shows into one terminal, one after another. What is exported, and the
 * working folder, stay from block to block.
 *
 * - Above a block stands what becomes of it: "Write `file`:" or "change `file`:" (lines with - and + and what is around them).
 * - "terminal" above a command means another one, where it goes on until the walk ends, or until it is begun again there.
 */
export class Walk {
  readonly #env: NodeJS.ProcessEnv;
  readonly #state: string;
  /** By the command, in the order in which they were begun. */
  readonly #running = new Map<string, ChildProcess>();
  readonly #here: (text: string) => string;
  #cwd: string;

  /** `here` puts in place what differs from the page on this machine: ports that are free. */
  constructor(folder: string, env: NodeJS.ProcessEnv, here: (text: string) => string) {
    this.#cwd = folder;
    this.#env = env;
    this.#state = join(folder, ".walk-state");
    this.#here = here;
    writeFileSync(this.#state, "");
  }

  get cwd(): string {
    return this.#cwd;
  }

  async run(block: Block): Promise<Ran> {
    const keep = `trap '{ printf "cd %q\\n" "$PWD"; export -p; } > "$WALK_STATE"' EXIT`;
    const script = `exec 2>&1\n. "$WALK_STATE"\n${keep}\n${this.#here(block.text)}`;
    const env = { ...this.#env, WALK_STATE: this.#state };
    const { code, out } = await run("bash", ["-eo", "pipefail", "-c", script], { cwd: this.#cwd, env });
    this.#cwd = /^cd (.*)$/m.exec(readFileSync(this.#state, "utf8"))?.[1] ?? this.#cwd;
    return { code, said: withoutProgress(out) };
  }

  /** Starts what goes on, and waits until it has said what is wanted. */
  async begin(block: Block, wanted: RegExp): Promise<string> {
    await this.#stop(block.text);
    const child = start("bash", ["-c", `exec 2>&1\nexec ${this.#here(block.text)}`], { cwd: this.#cwd, env: this.#env });
    this.#running.set(block.text, child);
    return new Promise((resolve, reject) => {
      let out = "";
      child.stdout?.on("data", (chunk: Buffer) => {
        out += chunk.toString();
        if (wanted.test(out)) resolve(out);
      });
      child.once("close", (code) => reject(new Error(`ended with ${code}:\n${out}`)));
    });
  }

  write(file: string, text: string): void {
    const path = join(this.#cwd, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, this.#here(text));
  }

  /** Lines of a diff block: what stands there, without those that are added, must be in the file exactly once. */
  change(file: string, diff: string): void {
    const path = join(this.#cwd, file);
    const lines = diff.replace(/\n$/, "").split("\n");
    const side = (left: string) =>
      `${lines
        .filter((line) => !line.startsWith(left))
        .map((line) => line.slice(1))
        .join("\n")}\n`;
    const [old, now] = [side("+"), side("-")];
    const text = readFileSync(path, "utf8");
    const found = text.split(old).length - 1;
    if (found !== 1) throw new Error(`${file} has ${found} places with:\n${old}`);
    writeFileSync(
      path,
      text.replace(old, () => now),
    );
  }

  /** Puts free ports into a file that a command wrote. */
  adapt(file: string): void {
    this.write(file, readFileSync(join(this.#cwd, file), "utf8"));
  }

  /** Ends what it began, the last one first. */
  async end(): Promise<void> {
    for (const command of [...this.#running.keys()].reverse()) await this.#stop(command);
  }

  async #stop(command: string): Promise<void> {
    const child = this.#running.get(command);
    if (child === undefined) return;
    this.#running.delete(command);
    child.kill("SIGTERM");
    await exitOf(child);
  }
}

/** Without what only a busy machine says: how far something is, and which tests were slow. */
function withoutProgress(text: string): string {
  return text
    .replace(/^((checking|reading the logs|asking the gateway) …|measuring .*|(.*: )?(asked|read) \d+ %.*)\n/gm, "")
    .replace(/(^slow +\d+ ms .*\n)+\n?/gm, "");
}

/**
 * All of what a command says, as a page shows it: `…` in a line stands for anything there, a line of nothing but `…` for any
 * lines. Everything else must be the same, blanks and blank lines included.
 */
export function outputPattern(shown: string): RegExp {
  const lines = shown.replace(/\n$/, "").split("\n");
  const parts = lines.map((line) => (line === "…" ? "(?:[^\\n]*\\n)*?" : `${line.split("…").map(literally).join("[^\\n]*")}\\n`));
  return new RegExp(`^${parts.join("")}$`);
}
