import { type FSWatcher, watch } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { sha256 } from "../../../core/digest.ts";
import type { Clock } from "../../../platform/clock.ts";
import type { BundleSource, SourceEvents, SourceProblem } from "./source.ts";
import { Standing } from "./standing.ts";

export interface FileSourceOptions extends SourceEvents {
  /** Larger files are never read. */
  readonly maxBytes: number;
  /** Milliseconds between looks at the file, for file systems that report no changes. */
  readonly pollMs: number;
  /** Milliseconds without another change before the file is read; also how long a file must stay as it was found. */
  readonly settleMs: number;
  /** Content that was dealt with already; it is not handed over again. */
  readonly seen?: Uint8Array | undefined;
  readonly clock: Clock;
}

/** A file that changes this often while it is read is looked at again later. */
const TRIES = 5;

/**
 * Reads a bundle file now and whenever it changes. Its folder is watched, not the file, so that a rename over it and the
 * swap of a linked folder are seen; a slow poll finds what no event told. A half written file is at worst a candidate that
 * its receiver refuses; the rest follows with the next change.
 */
export function fileSource(path: string, options: FileSourceOptions): BundleSource {
  const { clock, pollMs, seen } = options;
  const standing = new Standing("file", path, clock, options);
  const state: State = { path, options, standing, closed: false, fingerprint: "", content: seen ? sha256(seen) : "", problem: undefined };
  let running: Promise<void> = Promise.resolve();
  let settle: NodeJS.Timeout | undefined;
  const check = () => {
    running = running.then(() => look(state));
    return running;
  };
  const soon = () => {
    clearTimeout(settle);
    settle = setTimeout(check, options.settleMs);
  };
  const watcher = watchFolder(dirname(path), soon);
  const poll = setInterval(check, pollMs);
  poll.unref();
  void check();
  return {
    check,
    status: () => standing.status(),
    close: async () => {
      state.closed = true;
      watcher?.close();
      clearInterval(poll);
      clearTimeout(settle);
      await running;
    },
  };
}

interface State {
  readonly path: string;
  readonly options: FileSourceOptions;
  readonly standing: Standing;
  closed: boolean;
  /** Inode, size and time of what was last read. */
  fingerprint: string;
  /** Digest of what was last handed over. */
  content: string;
  /** Why what is there now was not read; it stands until the file changes. */
  problem: SourceProblem | undefined;
}

function watchFolder(folder: string, onChange: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, onChange);
    watcher.on("error", () => watcher.close()); // the folder is gone: the poll goes on
    return watcher;
  } catch {
    return undefined;
  }
}

async function look(state: State): Promise<void> {
  if (state.closed) return;
  let file: FileHandle | undefined;
  try {
    file = await open(state.path, "r");
    await take(state, await readSettled(state, file));
  } catch (error) {
    const detail = `"${state.path}": ${error instanceof Error ? error.message.toLowerCase() : "cannot be read"}`;
    fail(state, { code: "bundle.unreadable", detail });
  } finally {
    await file?.close();
    state.standing.triesAgainAt(state.closed ? undefined : state.options.clock.now() + state.options.pollMs);
  }
}

async function take(state: State, { bytes, problem }: Read): Promise<void> {
  if (state.closed) return;
  state.problem = problem;
  if (problem) return fail(state, problem);
  const content = bytes === undefined ? state.content : sha256(bytes);
  const isNew = content !== state.content;
  if (isNew && bytes !== undefined) await handOver(state, bytes);
  state.content = content;
  state.standing.did(isNew);
}

/** What could not be dealt with, as on a disk that cannot be read, is read and handed over again at the next look. */
async function handOver(state: State, bytes: Uint8Array): Promise<void> {
  try {
    await state.options.onCandidate(bytes);
  } catch (error) {
    state.fingerprint = "";
    throw error;
  }
}

/** Neither bytes nor a problem: it is the file that was read before. */
interface Read {
  readonly bytes?: Uint8Array;
  readonly problem?: SourceProblem | undefined;
}

/** The bytes of a file that stayed as it was while it was read. */
async function readSettled(state: State, file: FileHandle): Promise<Read> {
  for (let tries = 0; tries < TRIES; tries++) {
    const before = await fingerprintOf(file);
    if (before.text === state.fingerprint) return { problem: state.problem };
    if (before.size > state.options.maxBytes) {
      state.fingerprint = before.text;
      const detail = `found "${state.path}" of ${before.size} bytes, wanted at most ${state.options.maxBytes}`;
      return { problem: { code: "bundle.too_large", detail } };
    }
    const bytes = new Uint8Array(before.size);
    const { bytesRead } = await file.read(bytes, 0, before.size, 0);
    if (bytesRead === before.size && (await fingerprintOf(file)).text === before.text) {
      state.fingerprint = before.text;
      return { bytes };
    }
    await wait(state.options.settleMs);
  }
  return { problem: { code: "bundle.unreadable", detail: `"${state.path}" changes while it is read` } };
}

async function fingerprintOf(file: FileHandle): Promise<{ readonly text: string; readonly size: number }> {
  const { ino, size, mtimeNs, ctimeNs } = await file.stat({ bigint: true });
  return { text: `${ino}:${size}:${mtimeNs}:${ctimeNs}`, size: Number(size) };
}

function fail(state: State, problem: SourceProblem): void {
  if (!state.closed) state.standing.failedWith(problem, false);
}
