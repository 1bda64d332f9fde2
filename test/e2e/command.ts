import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

export const root = join(import.meta.dirname, "../..");
export const launcher = join(root, "bin/toolgate.cjs");

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Settings {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Written to its standard input. */
  readonly input?: string;
}

/** Runs a program to its end. */
export async function run(program: string, args: readonly string[], settings: Settings = {}): Promise<Ended> {
  const child = start(program, args, settings);
  // A program that ends before it read anything: its exit code is what counts.
  child.stdin?.on("error", () => {});
  child.stdin?.end(settings.input ?? "");
  const [code, out, err] = await Promise.all([
    new Promise<number | null>((resolve) => child.once("close", resolve)),
    textOf(child.stdout),
    textOf(child.stderr),
  ]);
  return { code, out, err };
}

/** Runs `toolgate` through its launcher, as a person does. */
export function toolgate(args: readonly string[], settings: Settings = {}): Promise<Ended> {
  return run(process.execPath, [launcher, ...args], settings);
}

/** A program that goes on; in a group of its own, as a terminal would have it. */
export function start(program: string, args: readonly string[], { cwd = root, env = process.env }: Settings = {}): ChildProcess {
  return spawn(program, args, { cwd, env: { ...env, NO_COLOR: "1" }, stdio: ["pipe", "pipe", "pipe"], detached: true });
}

async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = "";
  for await (const chunk of stream ?? []) text += String(chunk);
  return text;
}

/** Waits until a stream has said what is wanted, and gives everything it said so far. */
export function said(child: ChildProcess, wanted: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    let out = "";
    let err = "";
    child.stdout?.on("data", (chunk: Buffer) => {
      out += chunk.toString();
      if (wanted.test(out)) resolve(out);
    });
    child.stderr?.on("data", (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.once("close", (code) => reject(new Error(`ended with ${code} before it said ${wanted}:\n${out}${err}`)));
  });
}

export function exitOf(child: ChildProcess): Promise<number | null> {
  return child.exitCode === null && child.signalCode === null
    ? new Promise((resolve) => child.once("exit", resolve))
    : Promise.resolve(child.exitCode);
}

/** A process and everything below it. Linux only. */
export function treeOf(pid: number): readonly number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const parent = parentOf(Number(name));
    if (parent !== undefined) parents.set(Number(name), parent);
  }
  const below = (of: number): number[] => [...parents].filter(([, parent]) => parent === of).flatMap(([child]) => [child, ...below(child)]);
  return [pid, ...below(pid)];
}

function parentOf(pid: number): number | undefined {
  try {
    // The name may hold blanks and brackets; what follows its last bracket does not.
    const [, parent] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return Number(parent);
  } catch {
    return undefined;
  }
}

/** Whether a process is there and not merely waiting to be buried. */
export function lives(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.startsWith("Z");
  } catch {
    return false;
  }
}

/** Where a process listens, as `address:port`. Linux only: sockets by the inodes of its handles. */
export function listensAt(pid: number): readonly string[] {
  const inodes = new Set(
    readdirSync(`/proc/${pid}/fd`).flatMap((fd) => /^socket:\[(\d+)\]$/.exec(linkOf(`/proc/${pid}/fd/${fd}`))?.[1] ?? []),
  );
  return ["tcp", "tcp6"].flatMap((table) =>
    readFileSync(`/proc/${pid}/net/${table}`, "utf8")
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === "0A" && inodes.has(inode ?? ""))
      .map(([, local = ""]) => addressOf(local)),
  );
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return "";
  }
}

/** `0100007F:1130` → `127.0.0.1:4400`. */
function addressOf(local: string): string {
  const [address = "", port = ""] = local.split(":");
  const bytes = address.match(/../g)?.map((byte) => Number.parseInt(byte, 16)) ?? [];
  return `${bytes.length === 4 ? bytes.toReversed().join(".") : address}:${Number.parseInt(port, 16)}`;
}
