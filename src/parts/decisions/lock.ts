import { randomUUID } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256Hex } from "../../core/digest.ts";
import { hasCode } from "../../core/errors.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { parseObject } from "./line.ts";

export interface Lock {
  release(): Promise<void>;
}

export interface Locked {
  readonly code: "log.locked";
  readonly detail: string;
}

interface Owner {
  readonly pid: number;
  /** What tells this process from a later one with the same number: boot id and start in clock ticks, where the system says. */
  readonly started: string;
  readonly nonce: string;
}

const NAME = "lock";
const TRIES = 20;

/**
 * Takes the folder for this process. The lock of a process that is dead is taken over.
 *
 * A dead lock is never removed to make room: two processes that judged it would race, and the slower one would remove the
 * lock of the faster. Instead the successor of a lock is a file named after its content, which only one process can make.
 */
export async function acquireLock(dir: string): Promise<Result<Lock, Locked>> {
  const path = join(dir, NAME);
  const mine: Owner = { pid: process.pid, started: await startOf(process.pid), nonce: randomUUID() };
  const text = JSON.stringify(mine);
  // Linked into place rather than written there: nobody ever reads half a lock.
  const draft = `${path}.${mine.nonce}`;
  await writeFile(draft, text, { mode: 0o600, flag: "wx" });
  try {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const chain = await readChain(path);
      const owner = parseOwner(chain.at(-1)?.text ?? "");
      if (owner !== undefined && (await isAlive(owner))) return err(locked(path, owner));
      const place = nextPlace(path, chain);
      if (!(await linked(draft, place))) continue;
      if (await settled(path, place, text)) return ok({ release: () => release(path, text) });
    }
    return err({ code: "log.locked", detail: `${path} changes hands all the time` });
  } finally {
    await rm(draft, { force: true });
  }
}

/** Whether a living process holds the folder: its last line may then be half written. */
export async function isLocked(dir: string): Promise<boolean> {
  const chain = await readChain(join(dir, NAME));
  const owner = parseOwner(chain.at(-1)?.text ?? "");
  return owner !== undefined && (await isAlive(owner));
}

function locked(path: string, owner: Owner): Locked {
  return { code: "log.locked", detail: `${path} is held by process ${owner.pid}: give each process a folder of its own` };
}

interface Link {
  readonly place: string;
  readonly text: string;
}

/** The lock and its successors. The last one holds. */
async function readChain(path: string): Promise<Link[]> {
  const chain: Link[] = [];
  for (;;) {
    const place = nextPlace(path, chain);
    const text = await readText(place);
    if (text === undefined) return chain;
    chain.push({ place, text });
  }
}

function nextPlace(path: string, chain: readonly Link[]): string {
  const last = chain.at(-1);
  return last === undefined ? path : `${path}.after.${sha256Hex(last.text)}`;
}

/** Looks again: the lock that was succeeded may have had another successor, who is the lock by now. */
async function settled(path: string, place: string, text: string): Promise<boolean> {
  const chain = await readChain(path);
  if (chain.at(-1)?.text !== text) {
    await rm(place, { force: true });
    return false;
  }
  if (place !== path) await rename(place, path);
  for (const link of chain) if (link.place !== path) await rm(link.place, { force: true });
  return true;
}

async function release(path: string, text: string): Promise<void> {
  if ((await readText(path)) === text) await rm(path, { force: true });
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  }
}

function parseOwner(text: string): Owner | undefined {
  const value = parseObject(text);
  if (typeof value?.pid !== "number" || !Number.isSafeInteger(value.pid) || value.pid <= 0) return undefined;
  if (typeof value.started !== "string" || typeof value.nonce !== "string") return undefined;
  return { pid: value.pid, started: value.started, nonce: value.nonce };
}

async function isAlive(owner: Owner): Promise<boolean> {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // EPERM: it lives, but belongs to somebody else.
    if (!hasCode(error, "EPERM")) return false;
  }
  return (await startOf(owner.pid)) === owner.started;
}

/** Process numbers come round again, and in a container the gateway is always number 1. */
async function startOf(pid: number): Promise<string> {
  const stat = await readText(`/proc/${pid}/stat`);
  if (stat === undefined) return "unknown";
  // Fields 3 and 22, counted after the command name, which stands in brackets and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (fields[0] === "Z" || fields[0] === "X") return "ended";
  const ticks = fields[19] ?? "unknown";
  return `${((await readText("/proc/sys/kernel/random/boot_id")) ?? "").trim()}/${ticks}`;
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT", "ESRCH")) return undefined;
    throw error;
  }
}
